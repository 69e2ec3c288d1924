import { Buffer } from "node:buffer";
import { createChainHash, GENESIS, toChainLine } from "@trestle/access";
import {
  type Clock,
  type JsonObject,
  type Logger,
  messageOf,
  TrestleError,
} from "@trestle/protocol";
import { codeOf } from "../ledger/errors.ts";
import { type Patience, patiently } from "../ledger/patience.ts";
import type { ObjectStore } from "../object-store/object-store.ts";
import { idFloor } from "../records/ids.ts";
import type { LogEntry, Logged, WriterHead } from "./entry.ts";
import { headOfKey, isSegmentKey, LOG_PREFIX, segmentKey } from "./keys.ts";
import type { LocalHeads } from "./local-heads.ts";

export interface AuditLogParts {
  readonly store: ObjectStore;
  readonly clock: Clock;
  readonly log: Logger;
  readonly random: () => number;
  /** A ULID that names this process: it tells when its chain began. */
  readonly writer: string;
  readonly heads: LocalHeads;
  readonly logged: Logged;
}

/** Entries can be added and never changed: each names the hash of the one before it. */
export interface AuditLog {
  /** Throws `unavailable` while entries could not be written: what changes something waits for them. */
  ready(): Promise<void>;
  /** `soon` resolves at once, and the entry is written within a second; else it resolves once it is durable. */
  note(entry: LogEntry, when: "now" | "soon"): Promise<void>;
  /** Writes what waits. */
  close(): Promise<void>;
}

interface Waiting extends PromiseWithResolvers<void> {
  readonly entry: JsonObject;
}

interface Batch {
  readonly head: WriterHead;
  readonly body: Uint8Array;
  readonly waiting: readonly Waiting[];
}

const MOST_ENTRIES = 1_000;
const LINGER_MS = 1_000;
/** Chains that began so long ago are anchored by others already. */
const ANCHORED_MS = 7 * 86_400_000;
const MOST_ANCHORS = 1_000;

/**
 * One object for all entries that came while the one before was written: a process that does many things
 * at once writes few. The first write costs a list request besides, for the anchors.
 */
export function openAuditLog(parts: AuditLogParts): AuditLog {
  const { store, clock, log, random, writer, heads } = parts;
  const hash = createChainHash(undefined);
  const patience: Patience = { clock, random, deadlineMs: 15_000, attemptMs: 10_000 };
  let head: WriterHead = { writer, seq: 0, hash: GENESIS };
  let waiting: Waiting[] = [];
  /** What could not be written: the next try writes these very bytes. */
  let stuck: Batch | undefined;
  let hasFailed = false;
  let writing: Promise<void> | undefined;
  let cancelTimer: (() => void) | undefined;

  function seal(next: readonly Waiting[]): Batch {
    const time = new Date(clock.now()).toISOString();
    let last = head;
    const lines = next.map(({ entry }) => {
      const place = { seq: last.seq + 1, time, previous: last.hash };
      const made = toChainLine(place, JSON.stringify(entry), hash);
      last = { writer, seq: place.seq, hash: made.hash };
      return `${made.line}\n`;
    });
    return { head: last, body: Buffer.from(lines.join("")), waiting: next };
  }

  async function writeAll(): Promise<void> {
    try {
      await writeBatches();
    } finally {
      // At once, so that an entry that comes next begins a write of its own.
      writing = undefined;
    }
  }

  async function writeBatches(): Promise<void> {
    while (stuck !== undefined || waiting.length > 0) {
      const batch = stuck ?? seal([...(await firstEntries()), ...waiting.splice(0, MOST_ENTRIES)]);
      stuck = batch;
      await patiently(patience, (signal) => putSame(store, batch, signal));
      stuck = undefined;
      hasFailed = false;
      head = batch.head;
      await heads.keep(head).catch((error: unknown) => {
        log.warn("end of the audit log not kept here", { error: messageOf(error) });
      });
      for (const each of batch.waiting) each.resolve();
    }
  }

  /** A chain begins with the ends of the others. */
  async function firstEntries(): Promise<Waiting[]> {
    if (head.seq > 0) return [];
    const anchors = await patiently(patience, (signal) => findHeads(store, clock.now(), signal));
    return [toWaiting({ anchors: anchors.map((each) => ({ ...each })) })];
  }

  function write(): Promise<void> {
    cancelTimer?.();
    cancelTimer = undefined;
    writing ??= Promise.resolve() // what comes in this turn goes together
      .then(writeAll)
      .catch((error: unknown) => {
        hasFailed = true;
        log.error("audit log not written", { error: messageOf(error) });
        throw notWritten(store, error);
      });
    return writing;
  }

  return {
    async ready() {
      if (hasFailed) await write();
    },
    async note(entry, when) {
      if (parts.logged === "off") return;
      const one = toWaiting(entry as JsonObject);
      waiting.push(one);
      if (when === "soon" && waiting.length < MOST_ENTRIES) {
        cancelTimer ??= clock.after(LINGER_MS, () => void write().catch(() => {}));
        return;
      }
      // Whoever waits is told of its own entry or of the failure of the write it was part of.
      await Promise.race([one.promise, write().then(() => one.promise)]);
    },
    async close() {
      if (stuck !== undefined || waiting.length > 0) await write().catch(() => {});
      waiting = [];
    },
  };
}

const toWaiting = (entry: JsonObject): Waiting => ({ ...Promise.withResolvers<void>(), entry });

/** An attempt whose answer got lost is found in its place. */
async function putSame(store: ObjectStore, { head, body }: Batch, signal: AbortSignal) {
  const key = segmentKey(head);
  try {
    await store.put(key, body, { when: "absent", contentType: "application/x-ndjson", signal });
  } catch (error) {
    if (codeOf(error) !== "precondition_failed") throw error;
    const found = await store.get(key, { signal });
    if (!found || Buffer.compare(found.body, body) !== 0) throw error;
  }
}

/** The ends of the chains that began lately, of one list request. */
async function findHeads(store: ObjectStore, now: number, signal: AbortSignal) {
  const after = `${LOG_PREFIX}${idFloor(now - ANCHORED_MS)}`;
  const { objects } = await store.list(LOG_PREFIX, { after, limit: MOST_ANCHORS, signal });
  const heads = new Map<string, WriterHead>();
  for (const { key } of objects) {
    if (!isSegmentKey(key)) continue;
    const head = headOfKey(key);
    heads.set(head.writer, head);
  }
  return [...heads.values()];
}

function notWritten(store: ObjectStore, cause: unknown): TrestleError {
  return new TrestleError(
    "unavailable",
    `The audit log in the ${store.description} can not be written, and nothing is changed meanwhile: ${messageOf(cause)}`,
    { cause },
  );
}
