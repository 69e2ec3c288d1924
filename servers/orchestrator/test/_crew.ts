import { execFileSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type CallHost, LOCAL_PRINCIPAL, silentLogger, systemClock } from "@trestle/protocol";
import { openSqlite } from "@trestle/store";
import { temporaryFolder } from "@trestle/testkit/surroundings";
import { onTestFinished } from "vitest";
import { openAgents } from "../src/agents/open-agents.ts";
import { openSwarms } from "../src/swarms/open-swarms.ts";
import type { CreateSwarm, SubmitTask } from "../src/swarms/requests.ts";
import { swarmMigrations } from "../src/swarms/sqlite/migrations.ts";
import { createSqliteSwarmStore } from "../src/swarms/sqlite/sqlite-swarm-store.ts";
import type { SwarmEvent } from "../src/swarms/swarms.ts";

export const owner = { principal: LOCAL_PRINCIPAL };

const noTools: CallHost = {
  listTools: async () => [],
  callTool: async () => ({ content: [] }),
};

export interface CrewWorldOptions {
  readonly folder?: string;
  /** What the operator's file says. */
  readonly agents: object;
  readonly environment?: Readonly<Record<string, string | undefined>>;
  readonly host?: CallHost;
}

/** Swarms in a file, with the agents that an operator configured, on the real clock. */
export async function openCrewWorld({ agents: given, ...options }: CrewWorldOptions) {
  const folder = options.folder ?? temporaryFolder("trestle-crew");
  const file = join(folder, "agents.json");
  writeFileSync(file, JSON.stringify(given));
  const events: SwarmEvent[] = [];
  const agents = openAgents({
    file,
    folder,
    environment: { PATH: process.env.PATH, HOME: folder, ...options.environment },
    callsFor: () => options.host ?? noTools,
    clock: systemClock,
    log: silentLogger,
  });
  const sqlite = await openSqlite({ file: join(folder, "swarms.db"), migrations: swarmMigrations });
  const { swarms, closing, close } = await openSwarms({
    store: createSqliteSwarmStore(sqlite),
    clock: systemClock,
    log: silentLogger,
    checks: agents.checks,
    checkCrew: agents.checkCrew,
    runCheck: agents.runCheck,
    onEvent: (_, event) => void events.push(event),
    createBoss: agents.createBoss,
  });
  let closed: Promise<void> | undefined;
  const end = () =>
    (closed ??= (async () => {
      closing();
      await close();
      await agents.close();
    })());
  onTestFinished(end);
  return {
    folder,
    swarms,
    events,
    close: end,
    create: (facts: Partial<CreateSwarm>) => swarms.create({ ...plain, ...facts }, owner),
    submit: (swarm: string, ...tasks: readonly SubmitTask[]) =>
      Promise.all(tasks.map((task) => swarms.submit({ ...task, swarm }, owner))),
    results: (swarm: string) => swarms.results({ swarm, limit: 100 }, owner),
    /** Waits until nothing is open any more. */
    async finished(swarm: string) {
      for (;;) {
        const found = await swarms.results({ swarm, limit: 100 }, owner);
        const { succeeded, failed, cancelled } = found.counts;
        const all = Object.values(found.counts).reduce((sum, count) => sum + count, 0);
        if (succeeded + failed + cancelled === all) return found;
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
    },
  };
}

const plain: CreateSwarm = {
  topology: "mesh",
  strategy: "parallel",
  maxAgents: 8,
  budget: {},
  leaseMs: 60_000,
};

/** A repository with one commit on `main`, checked out. */
export function makeRepository(folder: string, files: Readonly<Record<string, string>>) {
  const path = join(folder, "repository");
  mkdirSync(path);
  const git = (...args: string[]) =>
    execFileSync("git", ["-c", "user.name=A", "-c", "user.email=a@example.com", ...args], {
      cwd: path,
      encoding: "utf8",
    }).trim();
  git("init", "-q", "-b", "main");
  for (const [name, text] of Object.entries(files)) writeFileSync(join(path, name), text);
  git("add", "-A");
  git("commit", "-q", "-m", "Begin");
  return { path, git };
}

/** A program in JavaScript, as a command. */
export const script = (text: string) => [
  process.execPath,
  "-e",
  `const fs = require("node:fs"); ${text}`,
];
