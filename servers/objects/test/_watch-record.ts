import type { Update } from "../src/client/watching.ts";

/** What one watcher was told, held to the promise: the whole state once, then each number after it. */
export interface WatchRecord {
  take(update: Update): void;
  readonly seq: number;
  /** The last whole state, where states were asked for. */
  readonly state: unknown;
  /** Numbers that were told twice, left out, or came in another order. */
  readonly faults: readonly string[];
  /** How many events it was told, and how many whole states. */
  readonly events: number;
  readonly states: number;
}

export function createWatchRecord(): WatchRecord {
  const told = {
    seq: -1,
    state: undefined as unknown,
    faults: [] as string[],
    events: 0,
    states: 0,
  };
  return {
    get seq() {
      return told.seq;
    },
    get state() {
      return told.state;
    },
    get faults() {
      return told.faults;
    },
    get events() {
      return told.events;
    },
    get states() {
      return told.states;
    },
    take(update) {
      if (update.kind === "ready") return;
      if (update.state !== undefined) told.state = update.state;
      if (update.kind === "state") {
        told.states += 1;
        if (update.seq < told.seq) told.faults.push(`state ${update.seq} after ${told.seq}`);
        told.seq = update.seq;
        return;
      }
      told.events += 1;
      if (update.event.seq !== told.seq + 1) {
        told.faults.push(`event ${update.event.seq} after ${told.seq}`);
      }
      told.seq = update.event.seq;
    },
  };
}
