import type { JsonObject } from "@trestle/protocol";
import { createTestClock } from "./_parts.ts";
import type { Call, Next, Policy } from "./call.ts";
import type { HistoryRow, StartedRow } from "./execution.ts";
import { record } from "./record.ts";
import { createRedact } from "./redact.ts";

export async function run(call: Call, next: Next) {
  const clock = createTestClock();
  const started: StartedRow[] = [];
  const finished: HistoryRow[] = [];
  const history = {
    started: async (row: StartedRow) => void started.push(row),
    finished: (row: HistoryRow) => void finished.push(row),
  };
  const policy = record({ history, clock, redact: createRedact() });
  const answer = await policy(call, (passed) => {
    passed.trail.attempts += 1;
    clock.advance(25);
    return next(passed);
  }).catch((error: unknown) => ({ thrown: error }));
  return {
    answer: answer as JsonObject & { thrown?: unknown },
    started,
    row: finished[0],
    finished,
  };
}

/** Makes one more attempt. */
export const again: Policy = (call, next) =>
  next(call).catch(() => {
    call.trail.retries += 1;
    return next(call);
  });

export const failing =
  (error: unknown): Next =>
  () =>
    Promise.reject(error);
