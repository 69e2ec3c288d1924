import { type Clock, type Logger, messageOf } from "@trestle/protocol";
import type { ObjectCore } from "../core/core.ts";
import type { ObjectRef } from "../protocol.ts";

export interface Alarms {
  /** Told of an alarm that was set. */
  look(at: number | undefined): void;
  close(): void;
}

const AT_ONCE = 100;
/** Timers cannot wait for longer; then it is looked again. */
const LONGEST_MS = 24 * 60 * 60 * 1000;

/** One timer for the first alarm of all objects. Those that came while nobody was here ring at once. */
export function createAlarms(parts: {
  readonly core: Pick<ObjectCore, "alarms">;
  readonly ring: (ref: ObjectRef) => void;
  readonly clock: Clock;
  readonly log: Logger;
}): Alarms {
  const { core, clock, log } = parts;
  let next: number | undefined;
  let cancel = () => {};
  let isClosed = false;

  function look(at: number | undefined): void {
    if (at === undefined || isClosed || (next !== undefined && next <= at)) return;
    cancel();
    next = at;
    cancel = clock.after(Math.min(Math.max(0, at - clock.now()), LONGEST_MS), ringDue);
  }

  function ringDue(): void {
    next = undefined;
    for (const { ref, at } of core.alarms(AT_ONCE)) {
      if (at > clock.now()) break;
      try {
        parts.ring(ref);
      } catch (error) {
        log.error("an alarm failed and rings again later", { ...ref, error: messageOf(error) });
      }
    }
    look(core.alarms(1)[0]?.at);
  }

  look(core.alarms(1)[0]?.at);
  return {
    look,
    close() {
      isClosed = true;
      cancel();
    },
  };
}
