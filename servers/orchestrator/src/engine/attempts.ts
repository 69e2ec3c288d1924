import { createResultLimit, type OfUnit, type RunEvent } from "@trestle/flow";
import { isTrestleError, messageOf } from "@trestle/protocol";
import type { StoredRun } from "../runs/run-store.ts";
import type { DriverParts } from "./parts.ts";
import { inTime, performCall } from "./perform.ts";
import type { Attempt } from "./turn.ts";

/** The calls of one run that are under way in this process. */
export interface Attempts {
  has(of: OfUnit): boolean;
  start(attempt: Attempt): void;
  /** The attempt says itself how it ended. */
  cancel(of: OfUnit): void;
  /** Aborts everything; nobody hears of its end. */
  abandon(): void;
}

export function createAttempts(
  parts: DriverParts,
  stored: StoredRun,
  report: (event: RunEvent) => Promise<void>,
): Attempts {
  const { clock, log } = parts;
  const running = new Map<string, { stop: AbortController; attempt: Attempt }>();
  const limit = createResultLimit({});
  let abandoned = false;

  async function perform(attempt: Attempt, stop: AbortController): Promise<void> {
    const { step, unit, undo, timeoutMs } = attempt;
    const bounds = { timeoutMs, clock, stop: () => abort(attempt, stop) };
    const end = await inTime(bounds, () => call(attempt, stop.signal));
    running.delete(keyOf(attempt));
    if (abandoned) return;
    const of = { step, unit, at: clock.now(), ...(undo ? { undo } : {}) };
    const event: RunEvent =
      "result" in end
        ? { kind: "attemptSucceeded", ...of, result: end.result }
        : { kind: "attemptFailed", ...of, error: end.error };
    await report(event).catch((error) =>
      log.debug("nobody waits for this attempt any more", {
        run: stored.id,
        error: messageOf(error),
      }),
    );
  }

  async function call(attempt: Attempt, signal: AbortSignal) {
    const end =
      attempt.kind === "call"
        ? await performCall({ ...attempt, runId: stored.id, grant: stored.grant }, signal, parts)
        : await runChild(attempt);
    if ("error" in end) return end;
    const error = limit.refuse(end.result);
    return error === undefined ? end : { error };
  }

  async function runChild({
    workflow,
    key,
    arguments: input,
  }: Attempt & { readonly kind: "child" }) {
    try {
      return await parts.runChild(stored, { workflow, key, input });
    } catch (error) {
      const code = isTrestleError(error) ? error.code : "internal";
      return { error: { code: String(code), message: messageOf(error) } };
    }
  }

  function abort(attempt: Attempt, stop: AbortController): void {
    stop.abort();
    if (attempt.kind === "child") {
      parts.cancelChild(stored, attempt.key).catch((error) =>
        log.warn("a run of a step was not cancelled", {
          run: stored.id,
          error: messageOf(error),
        }),
      );
    }
  }

  return {
    has: (of) => running.has(keyOf(of)),
    start(attempt) {
      const stop = new AbortController();
      running.set(keyOf(attempt), { stop, attempt });
      void perform(attempt, stop);
    },
    cancel(of) {
      const found = running.get(keyOf(of));
      if (found) abort(found.attempt, found.stop);
    },
    abandon() {
      abandoned = true;
      for (const { stop } of running.values()) stop.abort();
      running.clear();
    },
  };
}

/** Names a piece of work within its run. */
export function keyOf({ step, unit, undo }: OfUnit): string {
  return `${step}/${unit}${undo ? "/undo" : ""}`;
}
