import { type Clock, type Logger, messageOf } from "@trestle/protocol";
import type { Delivery, DeliveryQueue } from "./queue.ts";

/** So many of one target at once. */
const PER_TARGET = 4;
/** How long to wait where the queue itself fails. */
export const QUEUE_FAILED_MS = 5_000;

/** Starts attempts when they are due. */
export function createDispatcher(parts: {
  readonly queue: DeliveryQueue;
  readonly attempt: (delivery: Delivery) => Promise<void>;
  readonly clock: Clock;
  readonly log: Logger;
}) {
  const { queue, attempt, clock, log } = parts;
  const running = new Map<string, Map<string, Promise<void>>>();
  let cancel = () => {};
  let closed = false;

  function look(): void {
    if (closed) return;
    cancel();
    const now = clock.now();
    for (const target of queue.targets()) startDue(target, now);
    // What is due already waits for a place, and is looked for when one is free.
    const next = queue.nextDue(now);
    if (next !== undefined) cancel = clock.after(next - now, look);
  }

  function startDue(target: string, now: number): void {
    const own = runningOf(target);
    for (const delivery of own.size < PER_TARGET ? queue.due(target, now, PER_TARGET) : []) {
      if (own.has(delivery.id) || own.size >= PER_TARGET) continue;
      own.set(delivery.id, run(delivery));
    }
  }

  function runningOf(target: string): Map<string, Promise<void>> {
    const own = running.get(target) ?? new Map();
    running.set(target, own);
    return own;
  }

  async function run(delivery: Delivery): Promise<void> {
    const end = () => {
      runningOf(delivery.target).delete(delivery.id);
      look();
    };
    try {
      await attempt(delivery);
      end();
    } catch (error) {
      log.error("The outcome of a delivery could not be stored", { error: messageOf(error) });
      clock.after(QUEUE_FAILED_MS, end);
    }
  }

  return {
    look,
    async close(): Promise<void> {
      closed = true;
      cancel();
      await Promise.all([...running.values()].flatMap((own) => [...own.values()]));
    },
  };
}
