import {
  type Clock,
  type JsonObject,
  type Logger,
  messageOf,
  silentLogger,
  systemClock,
} from "@trestle/protocol";
import { createTopicFilter, type HubMessage, seqOf } from "./event.ts";
import { type EventLog, openEventLog } from "./event-log.ts";
import { createRing, type Ring } from "./ring.ts";

export interface SubscribeOptions {
  /** Patterns of topics, in which `*` stands for any run of characters; or whether a topic is wanted now. */
  readonly topics: readonly string[] | ((topic: string) => boolean);
  /** The last number seen; everything after it is replayed. Left out: only what comes from now on. */
  readonly since?: number;
}

/** Takes one message. While a returned promise is pending, the next message waits. */
export type Receive = (message: HubMessage) => Promise<void> | void;

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
/** As long after a subscriber left, what it wanted counts as watched. */
const LINGER_MS = 5 * 60_000;
/** Each is asked for every event: of more who leave, the first are forgotten. */
const MAX_LEAVERS = 20;

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
  const { clock = systemClock, log = silentLogger } = options;
  let lastSeq = eventLog?.lastSeq ?? 0;
  const ring = createRing(options.keep ?? KEPT, lastSeq);
  const subscriptions = new Set<Subscription>();
  const leavers = createLeavers(clock);
  let closing: Promise<void> | undefined;

  return {
    publish(topic, payload, source) {
      lastSeq += 1;
      const facts = { seq: lastSeq, time: clock.now(), topic, payload };
      const event = source === undefined ? facts : { ...facts, source };
      ring.push({ kind: "event", event });
      eventLog?.append(event);
      for (const subscription of subscriptions) void subscription.pump();
      return event.seq;
    },
    subscribe({ topics, since = lastSeq }, receive) {
      const wanted = typeof topics === "function" ? topics : createTopicFilter(topics);
      // A number that this hub never gave: it lost its memory since, nobody knows what was missed.
      const isForeign = since > lastSeq;
      const next = createReader(ring, eventLog);
      const subscription = createSubscription({ wanted, receive, next, log, since, isForeign });
      subscriptions.add(subscription);
      void subscription.pump();
      return () => {
        subscription.end();
        if (subscriptions.delete(subscription)) leavers.add(wanted);
      };
    },
    isWatched(topic) {
      if (topic === undefined) return subscriptions.size > 0 || leavers.wanted(topic);
      for (const { wanted } of subscriptions) if (wanted(topic)) return true;
      return leavers.wanted(topic);
    },
    lastSeq: () => lastSeq,
    async close() {
      for (const subscription of subscriptions) subscription.end();
      subscriptions.clear();
      closing ??= eventLog?.close();
      await closing;
    },
  };
}

/** Those who left a short while ago; of many, the last. */
function createLeavers(clock: Clock) {
  const left: { readonly wants: (topic: string) => boolean; readonly until: number }[] = [];
  return {
    add(wants: (topic: string) => boolean): void {
      left.push({ wants, until: clock.now() + LINGER_MS });
      if (left.length > MAX_LEAVERS) left.shift();
    },
    wanted(topic: string | undefined): boolean {
      const now = clock.now();
      while (left[0] !== undefined && left[0].until <= now) left.shift();
      return topic === undefined ? left.length > 0 : left.some(({ wants }) => wants(topic));
    },
  };
}

type Next = (seq: number) => HubMessage | undefined;

/** For one subscriber, the message after a number: from memory, else from the file, else a gap. */
function createReader(ring: Ring, eventLog: EventLog | undefined): Next {
  let batch: HubMessage[] = [];

  function nextLogged(seq: number): HubMessage | undefined {
    const isNext = (message: HubMessage) => seqOf(message) > seq;
    batch = batch.filter(isNext);
    if (batch.length === 0) batch = eventLog?.after(seq) ?? [];
    const message = batch.shift();
    if (message?.kind !== "gap") return message;
    const { from, to } = message.gap;
    return { kind: "gap", gap: { from: Math.max(from, seq + 1), to } };
  }

  return (seq) => {
    if (seq >= ring.floor()) return ring.after(seq);
    const floor = eventLog?.floor() ?? ring.floor();
    if (seq < floor) return { kind: "gap", gap: { from: seq + 1, to: floor } };
    // What is neither stored yet nor in memory any more came faster than the file takes it.
    return nextLogged(seq) ?? { kind: "gap", gap: { from: seq + 1, to: ring.floor() } };
  };
}

interface Subscription {
  readonly wanted: (topic: string) => boolean;
  pump(): Promise<void>;
  end(): void;
}

function createSubscription(parts: {
  readonly wanted: (topic: string) => boolean;
  readonly receive: Receive;
  readonly next: Next;
  readonly log: Logger;
  readonly since: number;
  readonly isForeign: boolean;
}): Subscription {
  const { wanted, receive, next, log } = parts;
  let seq = parts.isForeign ? 0 : parts.since;
  let lost = parts.isForeign;
  let pumping = false;
  let ended = false;

  function take(): HubMessage | undefined {
    const message = next(seq);
    if (!lost) return message;
    lost = false;
    return { kind: "gap", gap: { from: 0, to: message?.kind === "gap" ? message.gap.to : 0 } };
  }

  /** Stays in the publisher's turn as long as the subscriber does. */
  async function pump(): Promise<void> {
    if (pumping) return;
    pumping = true;
    for (let message = take(); message && !ended; message = take()) {
      seq = Math.max(seq, seqOf(message));
      if (message.kind === "event" && !wanted(message.event.topic)) continue;
      try {
        const received = receive(message);
        if (received) await received;
      } catch (error) {
        log.error("A subscriber failed on an event", { seq, error: messageOf(error) });
      }
    }
    pumping = false;
  }

  return {
    wanted,
    pump,
    end() {
      ended = true;
    },
  };
}
