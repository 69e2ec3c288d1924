import { createReplay, type HubEvent, type HubMessage, type Place } from "@trestle/events";
import {
  type Clock,
  isJsonObject,
  type JsonObject,
  type Logger,
  messageOf,
  parseJson,
} from "@trestle/protocol";
import { createTurns } from "../../turns.ts";
import type { Shared } from "../shared.ts";
import { createEventStream, MOST_KEPT } from "./event-stream.ts";
import { type Batch, createInOrder } from "./in-order.ts";

/** What happens at all bridges on one Redis, under the same numbers at each. */
export interface CommonEvents
  extends Pick<ReturnType<typeof createReplay>, "subscribe" | "isWatched" | "lastSeq"> {
  /** Tells all bridges; without Redis those who listen here. */
  add(event: Omit<HubEvent, "seq">): void;
  close(): void;
}

export interface CommonEventsParts extends Pick<Shared, "redis" | "bus" | "replica" | "replicas"> {
  readonly clock: Clock;
  readonly log: Logger;
}

const TOPIC = "events";
/** What is sent at once. */
const MOST_TEXTS = 500;
const MOST_CHARACTERS = 256 * 1024;
/** More waits for no Redis that is so slow. */
const MOST_WAITING = 10_000;
const AGAIN_MS = 1_000;
/** A number of a later time than this was given by nobody. */
const FUTURE_MS = 10 * 60_000;

/**
 * Redis numbers what happens and keeps the last of it; each bridge has that in memory, so that whoever lost its bridge
 * resumes at any other. Apart from Redis a bridge tells those who listen to it, under numbers of the same time; back
 * again, all are told of a gap as long as that was.
 */
export async function openCommonEvents(parts: CommonEventsParts): Promise<CommonEvents> {
  const { redis, bus, replica, replicas, clock, log } = parts;
  const stream = createEventStream(redis);
  const inTurn = createTurns();
  let mode: "joined" | "joining" | "apart" = "apart";
  /** Up to here nothing of the stream is missing. */
  let seen = 0;
  /** Of what came before, nobody here knows. */
  let known = 0;
  /** After which number this bridge told what only those here have heard. */
  let aloneAfter: number | undefined;
  const outbox: string[] = [];
  let isSending = false;
  /** Within a millisecond, so that no two bridges give the same number. */
  const place = Number.parseInt(replica.slice(-6), 16) % 1_000 || 0;
  let isClosed = false;
  /** Something was missed while it joined. */
  let isBehind = false;

  const replay = createReplay({ keep: MOST_KEPT, clock, log, placeOf });
  const order = createInOrder({ seen: () => seen, push, clock, onHole: readSoon });

  function placeOf(since: number): Place {
    if (since === 0) return { since };
    if (since < known) return { since: known, gap: { from: since + 1, to: known } };
    if (since > (clock.now() + FUTURE_MS) * 1_000) return { since: 0, gap: { from: 0, to: 0 } };
    const isOthers = mode !== "joined" && since > seen && !replay.has(since);
    return isOthers ? { since, gap: { from: seen + 1, to: since } } : { since };
  }

  function push(seq: number, text: string): void {
    seen = seq;
    const message = toMessage(seq, text);
    if (message !== undefined && seq > replay.lastSeq()) replay.push(message);
  }

  function pushGap(after: number, to: number): void {
    if (to > replay.lastSeq()) replay.push({ kind: "gap", gap: { from: after + 1, to } });
    seen = to;
  }

  function tellAlone(texts: readonly string[]): void {
    for (const text of texts) {
      const seq = Math.max(replay.lastSeq() + 1, Math.trunc(clock.now()) * 1_000 + place);
      aloneAfter ??= seen === 0 ? seq - 1 : seen;
      const message = toMessage(seq, text);
      if (message !== undefined) replay.push(message);
    }
  }

  function part(): void {
    mode = "apart";
    tellAlone(outbox.splice(0));
  }

  async function publish(texts: readonly string[]): Promise<Batch> {
    const batch = { ...(await stream.append(texts, replay.lastSeq())), texts };
    bus.publish(TOPIC, JSON.stringify({ from: replica, ...batch }));
    return batch;
  }

  async function send(): Promise<void> {
    if (isSending) return;
    isSending = true;
    while (mode === "joined" && outbox.length > 0) {
      const texts = outbox.splice(0, countAtOnce(outbox));
      try {
        const batch = await publish(texts);
        take(batch);
      } catch (error) {
        log.debug("Other bridges were not told", { reason: messageOf(error) });
        outbox.unshift(...texts);
        part();
        joinLater();
      }
    }
    isSending = false;
  }

  /** Not before it is known what those here were told alone. */
  function take(batch: Batch): void {
    if (mode !== "apart" && aloneAfter === undefined) order.take(batch);
  }

  async function readAll(): Promise<void> {
    for (;;) {
      const { floor, born, entries, isMore } = await stream.readAfter(seen);
      if (known === 0) known = Math.max(floor, born);
      const lost = seen > 0 && seen < born ? Math.max(floor, born) : floor;
      if (lost > seen) pushGap(seen, lost);
      for (const { seq, text } of entries) if (seq > seen) push(seq, text);
      if (!isMore) break;
    }
    order.passed();
  }

  function readSoon(): void {
    isBehind = mode !== "joined";
    if (isBehind) return;
    inTurn(readAll).catch((error: unknown) => {
      log.debug("What other bridges told was not read", { reason: messageOf(error) });
    });
  }

  /** What was told here alone, nobody else will ever know: all are told of the gap. */
  async function closeGap(): Promise<void> {
    if (aloneAfter === undefined) return;
    const { first } = await publish([JSON.stringify({ missedAfter: aloneAfter })]);
    if (!isJoining()) return;
    if (known === 0) known = first;
    pushGap(aloneAfter, first);
    aloneAfter = undefined;
  }

  /** Redis may have gone again. */
  function isJoining(): boolean {
    return mode === "joining";
  }

  async function join(): Promise<void> {
    if (mode !== "apart" || isClosed || !redis.isUp()) return;
    mode = "joining";
    try {
      await closeGap();
      await inTurn(readAll);
      if (!isJoining()) return;
      mode = "joined";
      if (isBehind) readSoon();
      void send();
    } catch (error) {
      log.debug("The events of other bridges were not read", { reason: messageOf(error) });
      part();
      joinLater();
    }
  }

  function joinLater(): void {
    clock.after(AGAIN_MS, () => void join());
  }

  function hear(text: string): void {
    const told = readBatch(text);
    if (told !== undefined && told.from !== replica) take(told);
  }

  const unsubscribe = await bus.subscribe(TOPIC, { onMessage: hear, onGap: readSoon });
  const unwatch = redis.onChange((isUp) => {
    if (isUp) void join();
    else part();
  });
  let count = replicas.count();
  // One that died may have numbered what it told nobody.
  const unlook = replicas.onLook(() => {
    if (replicas.count() < count) readSoon();
    count = replicas.count();
  });
  await join();

  return {
    subscribe: replay.subscribe,
    isWatched: replay.isWatched,
    lastSeq: replay.lastSeq,
    add(event) {
      const text = JSON.stringify(event);
      if (mode === "apart") {
        tellAlone([text]);
        return;
      }
      outbox.push(text);
      if (outbox.length > MOST_WAITING) {
        part();
        joinLater();
      } else if (mode === "joined") void send();
    },
    close() {
      isClosed = true;
      for (const end of [unsubscribe, unwatch, unlook, order.close, replay.end]) end();
    },
  };
}

function countAtOnce(texts: readonly string[]): number {
  let characters = 0;
  const most = texts.findIndex((text, at) => {
    characters += text.length;
    return at > 0 && (at === MOST_TEXTS || characters > MOST_CHARACTERS);
  });
  return most === -1 ? texts.length : most;
}

function toMessage(seq: number, text: string): HubMessage | undefined {
  const told = read(text);
  if (told === undefined) return undefined;
  const { missedAfter } = told;
  if (typeof missedAfter === "number") {
    return { kind: "gap", gap: { from: missedAfter + 1, to: seq } };
  }
  return { kind: "event", event: { ...(told as unknown as HubEvent), seq } };
}

function readBatch(text: string): (Batch & { readonly from: string }) | undefined {
  return read(text) as unknown as (Batch & { readonly from: string }) | undefined;
}

function read(text: string): JsonObject | undefined {
  try {
    const value = parseJson(text);
    return isJsonObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}
