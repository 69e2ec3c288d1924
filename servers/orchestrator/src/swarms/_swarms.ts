import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { LOCAL_PRINCIPAL, type Principal, silentLogger } from "@trestle/protocol";
import { openSqlite } from "@trestle/store";
import { manualClock } from "@trestle/testkit/surroundings";
import type { RunCheck } from "./checking.ts";
import { openSwarms } from "./open-swarms.ts";
import type { CreateSwarm, JoinSwarm } from "./requests.ts";
import { swarmMigrations } from "./sqlite/migrations.ts";
import { createSqliteSwarmStore } from "./sqlite/sqlite-swarm-store.ts";
import type { SwarmStore } from "./swarm-store.ts";
import type { AgentWho, CrewBoss, SwarmEvent, Swarms } from "./swarms.ts";

export const owner = { principal: LOCAL_PRINCIPAL };
export const ann: Principal = { id: "ann", kind: "key" };
export const bob: Principal = { id: "bob", kind: "key" };

export const LEASE_MS = 60_000;

interface WorldOptions {
  readonly folder?: string;
  /** In a file of the folder unless given. */
  readonly store?: SwarmStore;
  readonly watchMs?: number;
  readonly runCheck?: RunCheck;
  readonly checks?: readonly string[];
  readonly createBoss?: (swarms: Swarms) => CrewBoss;
}

/** Swarms in a file, on a clock that stands still; `skew` moves the wall clock alone. */
export async function openWorld(options: WorldOptions = {}) {
  const folder = options.folder ?? mkdtempSync(join(tmpdir(), "trestle-swarms-"));
  const time = manualClock(0);
  const events: (SwarmEvent & { readonly swarm: string })[] = [];
  const world = { skew: 0 };
  const wall = Date.UTC(2026, 0, 1);
  const { runCheck = refuseAll, checks = [], createBoss } = options;
  const opened = await openSwarms({
    store: options.store ?? (await openFile(folder)),
    watchMs: options.watchMs ?? LEASE_MS,
    clock: { now: () => wall + time.now() + world.skew, after: time.after },
    tick: time.now,
    log: silentLogger,
    checks: new Set(checks),
    runCheck,
    onEvent: (swarm, event) => void events.push({ swarm, ...event }),
    ...(createBoss === undefined ? {} : { createBoss }),
  });
  const { swarms } = opened;
  return {
    ...opened,
    folder,
    time,
    events,
    world,
    kinds: () => events.map(({ kind }) => kind),
    create: (facts: Partial<CreateSwarm> = {}, who = owner) =>
      swarms.create({ ...plain, ...facts }, who),
    async join(facts: Partial<JoinSwarm> = {}, principal = LOCAL_PRINCIPAL): Promise<Member> {
      const request = { kind: "external", role: "worker", capabilities: [], ...facts } as const;
      const { agent, agentToken } = await swarms.join(request, { principal });
      return { id: agent.id, who: { principal, agentToken } };
    },
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}
export type World = Awaited<ReturnType<typeof openWorld>>;

export interface Member {
  readonly id: string;
  readonly who: AgentWho;
}

async function openFile(folder: string): Promise<SwarmStore> {
  const file = join(folder, "swarms.db");
  return createSqliteSwarmStore(await openSqlite({ file, migrations: swarmMigrations }));
}

const plain: CreateSwarm = {
  topology: "mesh",
  strategy: "parallel",
  maxAgents: 64,
  budget: {},
  leaseMs: LEASE_MS,
};

async function refuseAll(): Promise<never> {
  throw new Error("no check is configured");
}

/** A task for the member, which there has to be. */
export async function claimed({ swarms }: Pick<World, "swarms">, { who }: Member, task?: string) {
  const claim = await swarms.claim(task === undefined ? {} : { task }, who);
  if (claim.kind === "none") throw new Error(claim.why);
  return claim.lease;
}
