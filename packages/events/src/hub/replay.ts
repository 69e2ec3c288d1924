import { type Clock, type Logger, messageOf } from "@trestle/protocol";
import { createTopicFilter, type HubGap, type HubMessage, seqOf } from "./event.ts";
import type { EventLog } from "./event-log.ts";
import { createRing, type Ring } from "./ring.ts";

export interface SubscribeOptions {
  /** Patterns of topics, in which `*` stands for any run of characters; or whether a topic is wanted now. */
  readonly topics: readonly string[] | ((topic: string) => boolean);
  /** The last number seen; everything after it is replayed. Left out: only what comes from now on. */
  readonly since?: number;
}

/** Takes one message. While a returned promise is pending, the next message waits. */
export type Receive = (message: HubMessage) => Promise<void> | void;

/** Where a subscriber goes on after the number that it names, and what it is told to have missed before that. */
export interface Place {
  readonly since: number;
  readonly gap?: HubGap | undefined;
}

/** Numbered messages for whoever subscribes, with replay of those that are kept. */
export interface Replay {
  /** Its number is higher than that of the message before. */
  push(message: HubMessage): void;
  subscribe(options: SubscribeOptions, receive: Receive): () => void;
  isWatched(topic?: string): boolean;
  lastSeq(): number;
  /** Is there a message of just this number, still kept in memory? */
  has(seq: number): boolean;
  /** Ends all subscriptions. */
  end(): void;
}

export interface ReplayParts {
  /** How many messages stay in memory. */
  readonly keep: number;
  readonly clock: Clock;
  readonly log: Logger;
  /** What is not in memory any more. */
  readonly eventLog?: EventLog | undefined;
  /** Left out: a number beyond the last one is of another life, and nobody knows what was missed. */
  readonly placeOf?: ((since: number) => Place) | undefined;
}

/** As long after a subscriber left, what it wanted counts as watched. */
export const LINGER_MS = 5 * 60_000;
/** Each is asked for every event: of more who leave, the first are forgotten. */
const MAX_LEAVERS = 20;

export function createReplay({ keep, clock, log, eventLog, placeOf }: ReplayParts): Replay {
  let lastSeq = eventLog?.lastSeq ?? 0;
  const ring = createRing(keep, lastSeq);
  const subscriptions = new Set<Subscription>();
  const leavers = createLeavers(clock);
  const ownPlace = (since: number): Place =>
    since > lastSeq ? { since: 0, gap: { from: 0, to: 0 } } : { since };

  return {
    push(message) {
      lastSeq = seqOf(message);
      ring.push(message);
      for (const subscription of subscriptions) void subscription.pump();
    },
    subscribe({ topics, since }, receive) {
      const wanted = typeof topics === "function" ? topics : createTopicFilter(topics);
      const place = since === undefined ? { since: lastSeq } : (placeOf ?? ownPlace)(since);
      const next = createReader(ring, eventLog);
      const subscription = createSubscription({ wanted, receive, next, log, place });
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
    has(seq) {
      const message = ring.after(seq - 1);
      return message !== undefined && seqOf(message) === seq;
    },
    end() {
      for (const subscription of subscriptions) subscription.end();
      subscriptions.clear();
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
    return startingAt(batch.shift(), seq);
  }

  return (seq) => {
    if (seq >= ring.floor()) return startingAt(ring.after(seq), seq);
    const floor = eventLog?.floor() ?? ring.floor();
    if (seq < floor) return { kind: "gap", gap: { from: seq + 1, to: floor } };
    // What is neither stored yet nor in memory any more came faster than the file takes it.
    return nextLogged(seq) ?? { kind: "gap", gap: { from: seq + 1, to: ring.floor() } };
  };
}

/** Of a gap, what the subscriber has not seen. */
function startingAt(message: HubMessage | undefined, seq: number): HubMessage | undefined {
  if (message?.kind !== "gap") return message;
  const { from, to } = message.gap;
  return { kind: "gap", gap: { from: Math.max(from, seq + 1), to } };
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
  readonly place: Place;
}): Subscription {
  const { wanted, receive, next, log } = parts;
  let { since: seq, gap } = parts.place;
  let pumping = false;
  let ended = false;

  function take(): HubMessage | undefined {
    const message = next(seq);
    if (gap === undefined) return message;
    const { from, to } = gap;
    gap = undefined;
    // What is not kept any more joins it.
    return { kind: "gap", gap: { from, to: message?.kind === "gap" ? message.gap.to : to } };
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
