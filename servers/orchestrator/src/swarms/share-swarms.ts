import { existsSync } from "node:fs";
import { join } from "node:path";
import { type Clock, type Grant, type Host, type JsonValue, messageOf } from "@trestle/protocol";
import { type FolderBackend, openSqlite, type SharedFolder } from "@trestle/store";
import type { Environment } from "@trestle/upstream/processes";
import { openAgents } from "../agents/open-agents.ts";
import { type OpenedSwarms, openSwarms } from "./open-swarms.ts";
import { swarmMigrations } from "./sqlite/migrations.ts";
import { createSqliteSwarmStore } from "./sqlite/sqlite-swarm-store.ts";
import type { SwarmStore } from "./swarm-store.ts";
import type { Swarms } from "./swarms.ts";

/** Of all methods of swarms that are asked of the owner of the folder. */
export const SWARMS = "swarms.";

/** May each be asked again where the process that did it died under it? Else the agent looks with `heartbeat`. */
const REPEATABLE: Readonly<Record<keyof Swarms, boolean>> = {
  create: false,
  list: true,
  get: true,
  destroy: true,
  scale: true,
  submit: false,
  decompose: false,
  results: true,
  cancelTask: true,
  join: false,
  leave: false,
  heartbeat: false,
  claim: false,
  renew: false,
  complete: true,
  fail: false,
  handoff: false,
  reserve: false,
  release: true,
  holders: true,
  send: false,
  inbox: true,
  acknowledge: true,
  member: true,
  memoryPut: false,
  memoryGet: true,
  memorySearch: true,
  vote: true,
};

/** Swarms as any process of the home has them: it asks whoever owns the folder. */
export function askSwarms(call: SharedFolder["call"]): Swarms {
  const ask =
    (method: keyof Swarms) =>
    async (request: unknown, who: unknown, signal?: AbortSignal): Promise<unknown> => {
      const payload = JSON.stringify([request, who]);
      const keyed = typeof request === "object" && request !== null && "key" in request;
      const options = {
        repeatable: REPEATABLE[method] || (keyed && (method === "submit" || method === "send")),
        ...(signal === undefined ? {} : { signal }),
      };
      return JSON.parse(String(await call(`${SWARMS}${method}`, payload, options)));
    };
  const methods = Object.keys(REPEATABLE) as (keyof Swarms)[];
  return Object.fromEntries(methods.map((name) => [name, ask(name)])) as unknown as Swarms;
}

export interface SwarmsBackendParts {
  readonly host: Host;
  /** Swarms are kept there and shared by many machines; without it in the folder of this server. */
  readonly databaseUrl: string | undefined;
  /** For how long one agent may have a task that says nothing of it. */
  readonly taskMs: number;
  /** The operator's file of profiles and checks. */
  readonly agentsFile: string | undefined;
  readonly environment: Environment;
}

/**
 * Swarms in the process that owns the folder. Where there are some they are watched from now on, and those of a
 * database, too; where there is none yet, nothing is opened before somebody asks.
 */
export function createSwarmsBackend(parts: SwarmsBackendParts): FolderBackend {
  const { dataDir, log } = parts.host;
  const mayHaveWork = parts.databaseUrl !== undefined || existsSync(fileIn(dataDir));
  let opening: Promise<Opened> | undefined;
  let ready: Opened | undefined;

  function open(): Promise<Opened> {
    if (opening !== undefined) return opening;
    const attempt = openAll(parts);
    opening = attempt;
    attempt.then(
      (opened) => {
        ready = opened;
      },
      () => {
        opening = undefined; // whoever asks next tries again
      },
    );
    return attempt;
  }

  if (mayHaveWork) {
    open().catch((error) => log.error("swarms cannot be opened", { error: messageOf(error) }));
  }
  return {
    async answer(method, payload, signal) {
      const { swarms } = await open();
      return await answer(swarms, method.slice(SWARMS.length), { payload, signal });
    },
    closing: () => ready?.closing(),
    async close() {
      await (await opening?.catch(() => undefined))?.close();
    },
  };
}

type Opened = OpenedSwarms;

async function openAll(parts: SwarmsBackendParts): Promise<Opened> {
  const { host, databaseUrl, taskMs, agentsFile, environment } = parts;
  const { dataDir, log, publish, forGrant } = host;
  const { store, clock, close } = await openStore(host, databaseUrl);
  const agents = openAgents({
    file: agentsFile,
    folder: dataDir,
    environment,
    callsFor: (grant) => forGrant(JSON.parse(grant) as Grant),
    clock,
    log,
  });
  const opened = await openSwarms({
    store,
    clock,
    log,
    taskMs,
    checks: agents.checks,
    checkCrew: agents.checkCrew,
    runCheck: agents.runCheck,
    createBoss: agents.createBoss,
    onEvent: (swarm, event) => publish(`swarm:${swarm}`, { ...event }),
  });
  return {
    ...opened,
    async close() {
      await opened.close();
      await agents.close();
      close();
    },
  };
}

interface OpenedStore {
  readonly store: SwarmStore;
  readonly clock: Clock;
  close(): void;
}

async function openStore(host: Host, databaseUrl: string | undefined): Promise<OpenedStore> {
  const { dataDir, clock, log } = host;
  if (databaseUrl !== undefined) {
    const { openPostgresSwarms } = await import("./postgres/open-postgres-swarms.ts");
    return await openPostgresSwarms({ url: databaseUrl, clock, log });
  }
  const file = fileIn(dataDir);
  // What was acknowledged survives a loss of power: agents ask seldom, and what they ask together is stored together.
  const durability = "full";
  const sqlite = await openSqlite({ file, migrations: swarmMigrations, durability, clock, log });
  return { store: createSqliteSwarmStore(sqlite), clock, close: () => {} };
}

async function answer(
  swarms: Swarms,
  method: string,
  { payload, signal }: { readonly payload: JsonValue; readonly signal: AbortSignal },
): Promise<JsonValue> {
  if (!Object.hasOwn(REPEATABLE, method)) throw new Error(`Swarms have no ${method}.`);
  const run = swarms[method as keyof Swarms] as (...given: unknown[]) => Promise<unknown>;
  return JSON.stringify(await run(...(JSON.parse(String(payload)) as unknown[]), signal));
}

function fileIn(folder: string): string {
  return join(folder, "swarms.db");
}
