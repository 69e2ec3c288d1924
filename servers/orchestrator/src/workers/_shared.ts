import type { RunEvent } from "@trestle/flow";
import { silentLogger, systemClock } from "@trestle/protocol";
import type { Answer } from "../engine/_engine.ts";
import type { Submission } from "../engine/engine.ts";
import { openPostgres } from "../runs/postgres/postgres.ts";
import { openShared } from "./open-shared.ts";

export interface SharedTestOptions {
  readonly url: string;
  readonly redis?: string;
  readonly answer: Answer;
  readonly workflows?: Readonly<Record<string, Submission>>;
  readonly concurrency?: number;
  readonly leaseMs?: number;
  readonly unheardMs?: number;
}

let made = 0;

/** One of the processes that share a database; `answer` stands for the servers that it calls. */
export async function openSharedForTest(options: SharedTestOptions) {
  const { url, redis, answer, workflows = {}, concurrency = 8, ...rest } = options;
  const events: [string, RunEvent][] = [];
  const postgres = await openPostgres({ url, log: silentLogger });
  const shared = await openShared({
    ...rest,
    postgres,
    ...(redis === undefined ? {} : { redisUrl: redis }),
    clock: systemClock,
    concurrency,
    hostFor: () => ({
      callTool: async (_server, tool, args, { idempotencyKey: key = "", signal } = {}) =>
        answer({ tool, args, key, signal: signal ?? new AbortController().signal }),
    }),
    planOf: async (id) => workflows[id] as Submission,
    newRunId() {
      made += 1;
      return `run-${process.pid}-${made}`;
    },
    random: () => 0.5,
    onEvent: (runId, event) => void events.push([runId, event]),
  });
  return {
    ...shared,
    postgres,
    events,
    async close() {
      await shared.close();
      await postgres.close();
    },
  };
}
