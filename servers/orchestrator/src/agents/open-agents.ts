import { join } from "node:path";
import {
  type CallHost,
  type Clock,
  isJsonObject,
  type JsonValue,
  type Logger,
  TrestleError,
} from "@trestle/protocol";
import type { Environment } from "@trestle/upstream/processes";
import type { RunCheck } from "../swarms/checking.ts";
import type { Budget, Crew } from "../swarms/model.ts";
import type { CrewBoss, Swarms } from "../swarms/swarms.ts";
import { type AgentsConfig, find, readAgentsConfig, toAgentsConfig } from "./agents-config.ts";
import { runCheck } from "./checks.ts";
import { createCrewBoss } from "./crew.ts";
import { noPrice } from "./model-worker.ts";
import type { Workshops } from "./workshops.ts";

export interface AgentsParts {
  /** The operator's file; without one there are no profiles and no checks. */
  readonly file: string | undefined;
  /** For worktrees and what is known of processes; made when first needed. */
  readonly folder: string;
  readonly environment: Environment;
  readonly callsFor: (grant: string) => CallHost;
  readonly clock: Clock;
  readonly log: Logger;
}

/** Agents and checks as the operator configured them: what swarms are opened with. */
export interface Agents {
  readonly checks: ReadonlySet<string>;
  /** Throws `invalid_input` for a crew that could not be started, or not on this budget. */
  checkCrew(crew: Crew, budget: Budget): void;
  readonly runCheck: RunCheck;
  createBoss(swarms: Swarms): CrewBoss;
  /** After the boss: nothing that was started runs on. */
  close(): Promise<void>;
}

/** @throws TrestleError `invalid_config` naming what is wrong in the file */
export function openAgents(parts: AgentsParts): Agents {
  const config = parts.file === undefined ? toAgentsConfig({}, ".") : readAgentsConfig(parts.file);
  let workshops: Promise<Workshops> | undefined;
  const openShops = () => (workshops ??= loadWorkshops(config, parts));
  const stop = new AbortController();
  return {
    checks: new Set(Object.keys(config.checks)),
    checkCrew: ({ kind, profile }, { money }) => {
      const found = find(config.profiles, profile, "profile", "invalid_input");
      if (found.kind !== kind) {
        const words = `Profile "${profile}" is of the kind ${found.kind}, not ${kind}`;
        throw new TrestleError("invalid_input", words);
      }
      if (found.kind === "model" && money !== undefined && !found.price) throw noPrice(profile);
    },
    async runCheck({ swarm, id, title, result = null }, command) {
      const check = find(config.checks, command, "check");
      const { registry, of } = await openShops();
      const input = JSON.stringify({ task: { id, title }, result });
      const judge = async (folder: string | undefined) => {
        const said = await runCheck(check, { folder, input }, { ...parts, registry }, stop.signal);
        const why = said.stopped === undefined ? "" : `It was ended (${said.stopped}).\n`;
        return { passed: said.passed, output: `${why}${said.output}` };
      };
      if (check.repository === undefined) return await judge(undefined);
      const { repository } = await of(check.repository);
      const head = await repository.resolve(`refs/heads/${repository.target}`);
      const commit = (await repository.resolve(commitIn(result))) ?? head ?? "HEAD";
      const worktree = await repository.addWorktree(`check-${swarm}-${id}`, commit);
      try {
        return await judge(worktree);
      } finally {
        await repository.removeWorktree(worktree);
      }
    },
    createBoss: (swarms) =>
      createCrewBoss({
        ...parts,
        swarms,
        config,
        openWorkshops: openShops,
        random: Math.random,
      }),
    async close() {
      stop.abort();
      await (await workshops?.catch(() => undefined))?.close();
    },
  };
}

async function loadWorkshops(config: AgentsConfig, parts: AgentsParts): Promise<Workshops> {
  const { openWorkshops } = await import("./workshops.ts");
  return await openWorkshops(config, { ...parts, folder: join(parts.folder, "agents") });
}

/** A result that is the state of a repository names its commit; a name of anything else is none. */
function commitIn(result: JsonValue): string {
  const commit = isJsonObject(result) ? result.commit : undefined;
  return typeof commit === "string" && /^[0-9a-f]{40,64}$/.test(commit) ? commit : "refs/none";
}
