import type { OfUnit } from "@trestle/flow";
import { isTrestleError, messageOf } from "@trestle/protocol";
import type { StoredRun } from "../runs/run-store.ts";
import type { DriverParts } from "./parts.ts";
import { type AttemptEnd, endOf, inTime, performCall } from "./perform.ts";
import type { Attempt, ToEvents } from "./turn.ts";

/** The calls of one run that are under way in this process. */
export interface Attempts {
  has(of: OfUnit): boolean;
  start(attempt: Attempt): void;
  /** The attempt says itself how it ended. */
  cancel(of: OfUnit): void;
  /** Aborts everything; nobody hears of its end. */
  abandon(): void;
}

/** `report` is told how each ended. */
export function createAttempts(
  parts: DriverParts,
  stored: StoredRun,
  report: (end: ToEvents) => void,
): Attempts {
  const { clock, log } = parts;
  const running = new Map<string, { stop: AbortController; attempt: Attempt }>();
  let abandoned = false;

  function call(attempt: Attempt, signal: AbortSignal): Promise<AttemptEnd> {
    if (attempt.kind === "child") return runChild(attempt);
    return performCall({ ...attempt, runId: stored.id, grant: stored.grant }, signal, parts);
  }

  async function runChild({
    workflow,
    key,
    arguments: input,
  }: Attempt & { readonly kind: "child" }): Promise<AttemptEnd> {
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
      const bounds = {
        timeoutMs: attempt.timeoutMs,
        clock,
        stop: () => abort(attempt, stop),
      };
      void inTime(bounds, () => call(attempt, stop.signal)).then((end) => {
        running.delete(keyOf(attempt));
        if (!abandoned) report(endOf(attempt, end));
      });
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
  return undo ? `${step}/${unit}/undo` : `${step}/${unit}`;
}
