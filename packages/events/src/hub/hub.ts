import {
  type Clock,
  type JsonObject,
  type Logger,
  silentLogger,
  systemClock,
} from "@trestle/protocol";
import { type EventLog, openEventLog } from "./event-log.ts";
import { createReplay, type Receive, type SubscribeOptions } from "./replay.ts";

/** Publish and subscribe by topic, with replay by sequence number. */
export interface Hub {
  /** Never waits for a subscriber. Returns the event's number. `source`: who tells it, if not the hub's owner. */
  publish(topic: string, payload: JsonObject, source?: string): number;
  /** Returns the function that ends the subscription. Throws `invalid_input` for bad patterns. */
  subscribe(options: SubscribeOptions, receive: Receive): () => void;
  /**
   * Does anybody listen, to this topic or to any? Or did somebody a short while ago, who may come back for
   * what it missed?
   */
  isWatched(topic?: string): boolean;
  /** The number of the last event. */
  lastSeq(): number;
  /** Ends all subscriptions and stores what a durable hub still has to store. */
  close(): Promise<void>;
}

export interface HubOptions {
  /** How many events stay in memory; 5,000 by default. */
  readonly keep?: number;
  readonly clock?: Clock;
  /** Told when a subscriber throws, or events cannot be stored. */
  readonly log?: Logger;
}

export interface DurableHubOptions extends HubOptions {
  readonly file: string;
  /** How many events stay in the file; 100,000 by default. */
  readonly keepInFile?: number;
}

const KEPT = 5_000;
const KEPT_IN_FILE = 100_000;

/**
 * A hub that remembers as long as it runs. A subscriber holds only its place in what the hub keeps:
 * a slow one costs no memory, and when it falls behind what is kept, it gets one `gap` that names the
 * numbers it missed, and goes on after them.
 */
export function createHub(options: HubOptions = {}): Hub {
  return buildHub(options, undefined);
}

/** A hub that also keeps its events in a file; one process at a time may have it open. */
export async function openHub(options: DurableHubOptions): Promise<Hub> {
  const { file, keepInFile: keep = KEPT_IN_FILE } = options;
  const { clock = systemClock, log = silentLogger } = options;
  return buildHub(options, await openEventLog({ file, keep, clock, log }));
}

function buildHub(options: HubOptions, eventLog: EventLog | undefined): Hub {
  const { clock = systemClock, log = silentLogger, keep = KEPT } = options;
  const replay = createReplay({ keep, clock, log, eventLog });
  let closing: Promise<void> | undefined;

  return {
    publish(topic, payload, source) {
      const facts = { seq: replay.lastSeq() + 1, time: clock.now(), topic, payload };
      const event = source === undefined ? facts : { ...facts, source };
      eventLog?.append(event);
      replay.push({ kind: "event", event });
      return event.seq;
    },
    subscribe: replay.subscribe,
    isWatched: replay.isWatched,
    lastSeq: replay.lastSeq,
    async close() {
      replay.end();
      closing ??= eventLog?.close();
      await closing;
    },
  };
}
