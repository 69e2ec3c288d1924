import { join } from "node:path";
import {
  type Clock,
  type JsonValue,
  type Logger,
  silentLogger,
  systemClock,
  TrestleError,
} from "@trestle/protocol";
import { shareFolder } from "@trestle/store";
import { type Database, QUERY_DEFAULTS, type QueryOptions, type QueryResult } from "./database.ts";
import { createEngine } from "./engine.ts";
import { toQueryResult } from "./values.ts";
import type { Job, RawPage } from "./wire.ts";

export interface EmbeddedOptions {
  /** Any number of processes may open the same folder: one holds it, the others ask that one. */
  readonly dataDir: string;
  readonly clock?: Clock;
  readonly log?: Logger;
}

export interface ExecuteOptions {
  readonly signal?: AbortSignal;
  readonly timeoutMs?: number;
}

/** A Postgres in a folder, with no server to install. */
export interface EmbeddedDatabase extends Pick<Database, "query" | "close"> {
  /**
   * Runs a script of any statements, writes included: for the program that owns the data. No tool
   * reaches it. `outcome_unknown` when the process that holds the folder died in the middle.
   */
  script(script: string, options?: ExecuteOptions): Promise<void>;
}

const SCRIPT_MS = 300_000;

/** Cheap: nothing is read or made before the first query. */
export function openEmbedded(options: EmbeddedOptions): EmbeddedDatabase {
  const { dataDir, clock = systemClock, log = silentLogger } = options;
  const folder = shareFolder({
    path: dataDir,
    log,
    clock,
    closeGraceMs: 500,
    async open() {
      const engine = createEngine({ path: join(dataDir, "postgres"), clock, log });
      return {
        answer: async (_method, job, signal) =>
          (await engine.run(job as unknown as Job, signal)) as unknown as JsonValue,
        close: engine.close,
      };
    },
  });

  async function call(job: Job, signal: AbortSignal | undefined): Promise<RawPage> {
    const page = await folder.call(job.kind, job as unknown as JsonValue, {
      ...(signal ? { signal } : {}),
      repeatable: job.kind === "query",
    });
    return page as unknown as RawPage;
  }

  async function query(
    sql: string,
    params: readonly JsonValue[] = [],
    queryOptions: QueryOptions = {},
  ): Promise<QueryResult> {
    const { signal, ...limits } = queryOptions;
    const job = { kind: "query", sql, params, ...QUERY_DEFAULTS, ...limits } as const;
    checkLimits(job);
    checkParams(params);
    return toQueryResult(await call(job, signal), job.offset);
  }

  async function script(text: string, { signal, timeoutMs }: ExecuteOptions = {}) {
    await call({ kind: "script", sql: text, timeoutMs: timeoutMs ?? SCRIPT_MS }, signal);
  }

  return { query, script, close: folder.close };
}

function checkLimits(limits: typeof QUERY_DEFAULTS): void {
  for (const key of ["timeoutMs", "maxRows", "maxBytes", "offset"] as const) {
    const least = key === "offset" ? 0 : 1;
    if (!Number.isSafeInteger(limits[key]) || limits[key] < least)
      throw new TrestleError("invalid_input", `${key} must be a whole number from ${least} up.`);
  }
}

/** A whole number that JSON could not carry exactly has been rounded already: better refused than searched for. */
function checkParams(params: readonly JsonValue[]): void {
  const at = params.findIndex((value) => Number.isInteger(value) && !Number.isSafeInteger(value));
  if (at !== -1)
    throw new TrestleError(
      "invalid_input",
      `Parameter $${at + 1} is beyond 2^53 and would be rounded: give it as text, "${params[at]}".`,
    );
}
