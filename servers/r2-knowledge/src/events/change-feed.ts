import type { FeedHub, HubMessage } from "@trestle/events";
import {
  type Clock,
  type JsonObject,
  type Logger,
  messageOf,
  TrestleError,
} from "@trestle/protocol";
import { inParallel } from "../ledger/in-parallel.ts";
import type { ObjectStore } from "../object-store/object-store.ts";
import type { Ids } from "../records/ids.ts";
import { type Batch, type KnowledgeEvent, lastOf } from "./batch.ts";
import { type Journal, openJournal } from "./journal.ts";
import { nothingTold, readNews } from "./news.ts";
import { createReplay, readAfter } from "./replay.ts";

export interface ChangeFeedParts {
  readonly store: ObjectStore;
  readonly ids: Ids;
  readonly clock: Clock;
  readonly log: Logger;
  /** How long events are kept. */
  readonly keepMs: number;
  /** What is to be told of a diagnosis whose outcome is told; empty where it is gone. */
  readonly describe: (diagnosisId: string) => Promise<JsonObject>;
}

/**
 * Every change of the knowledge, whoever made it, under one row of numbers that is the same in every
 * process. The numbers say in which order the changes were found: those of one record are in the order of
 * their versions unless a writer was so slow that the next version was told before; changes of different
 * records that were found at once are in the order of their writers' clocks, which may differ. A change may
 * be told twice: its id and version tell it again.
 */
export interface ChangeFeed {
  readonly hub: FeedHub;
  readonly journal: Journal;
  /** Finds the end of the sequence, if there is one: what comes after it is news. */
  open(): Promise<void>;
  /** Numbers what is new, here or anywhere. From the first call on the bucket has a sequence. */
  pump(): Promise<void>;
  /** The same, but begins no sequence where nobody ever asked for one. */
  keepUp(): Promise<void>;
  /** Numbers what no index tells, where there is a sequence. */
  announce(topic: string, payload: JsonObject): Promise<void>;
  /** What comes after a number, at most so many. */
  read(since: number, limit: number): Promise<HubMessage[]>;
  /** Names the sequence; undefined while none is known here. */
  origin(): string | undefined;
  /** Called whenever there is more to read; returns what ends that. */
  onNews(listener: () => void): () => void;
}

const ATTEMPTS = 20;

export function openChangeFeed(parts: ChangeFeedParts): ChangeFeed {
  const { store, clock, log, ids, keepMs } = parts;
  const journal = openJournal(store);
  const listeners = new Set<() => void>();
  const replay = createReplay({ journal, lastSeq, log });
  let last: Batch | undefined;
  // Of what is told, also what was looked at since and told nothing: it needs no second look.
  let looked: Batch["told"] | undefined;
  let origin: string | undefined;
  let running: Promise<void> | undefined;

  function lastSeq(): number {
    return last === undefined ? 0 : lastOf(last);
  }

  function reached(batch: Batch): void {
    if (origin !== undefined && origin !== batch.origin) replay.startAnew();
    // Somebody who began to read before may come later.
    else if (last !== undefined && batch.first <= last.first) return;
    last = batch;
    looked = batch.told;
    origin = batch.origin;
    replay.wake();
    for (const listener of listeners) listener();
  }

  /** Others were faster; or somebody deleted the sequence, and another one begins. */
  async function findNewest(): Promise<void> {
    journal.forget();
    const newest = await journal.newest();
    if (newest) reached(newest);
    else last = looked = undefined;
  }

  /** Reads what others numbered. */
  async function catchUp(): Promise<void> {
    if (last === undefined) {
      const newest = await journal.newest();
      if (newest) reached(newest);
      return;
    }
    for (let next = await journal.after(last); next; next = await journal.after(next))
      reached(next);
  }

  /**
   * Numbers what follows a batch, and nothing else: what was read before somebody went on may be told by
   * them. False where somebody did; then their batch is known.
   */
  async function append(
    before: Batch | undefined,
    events: readonly KnowledgeEvent[],
    told: Batch["told"],
  ): Promise<boolean> {
    const first = before === undefined ? 1 : lastOf(before) + 1;
    const at = clock.now();
    const batch = await journal.append({
      ...{ origin: before?.origin ?? ids.next(), first, at, told },
      events: [...events],
    });
    if (batch === undefined) {
      await findNewest();
      return false;
    }
    reached(batch);
    // Once a day, by whoever is the first on it.
    if (before && dayOf(before.at) !== dayOf(at)) await journal.trim(at - keepMs);
    return true;
  }

  /** True where there may be more. */
  async function step(): Promise<boolean> {
    await catchUp();
    const before = last;
    if (looked === undefined) {
      const told = await nothingTold(store);
      const summary = "From here on changes are told";
      const began = { time: clock.now(), topic: "events.began", payload: { summary } };
      return !(await append(before, [began], told));
    }
    const { events, told, more } = await readNews(store, looked, clock.now());
    if (events.length === 0) {
      if (last === before) looked = told;
      return more;
    }
    return !(await append(before, await withDescriptions(events, parts), told)) || more;
  }

  async function run(): Promise<void> {
    while (await step());
  }

  function pump(): Promise<void> {
    running ??= run().finally(() => {
      running = undefined;
    });
    return running;
  }

  return {
    hub: replay,
    journal,
    open: catchUp,
    // What was asked for while it ran may have come too late for it.
    pump: () => (running === undefined ? pump() : running.catch(() => {}).then(pump)),
    async keepUp() {
      if (last !== undefined || (await journal.newest()) !== undefined) await pump();
    },
    async announce(topic, payload) {
      await running?.catch(() => {});
      for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
        await catchUp();
        if (looked === undefined) return;
        if (await append(last, [{ time: clock.now(), topic, payload }], looked)) return;
      }
      throw new TrestleError("unavailable", `${topic} could not be told: too many tell at once.`);
    },
    read: (since, limit) => readAfter({ journal, lastSeq }, since, limit),
    origin: () => last?.origin,
    onNews(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}

const dayOf = (time: number): number => Math.floor(time / 86_400_000);
const READ_AT_ONCE = 8;
const ABOUT_A_DIAGNOSIS = new Set(["outcome.recorded", "diagnosis.met"]);

/** The line of an outcome names its diagnosis only; people and filters want to know more. */
async function withDescriptions(
  events: readonly KnowledgeEvent[],
  { describe, log }: Pick<ChangeFeedParts, "describe" | "log">,
): Promise<KnowledgeEvent[]> {
  const found = new Map<string, JsonObject>();
  const ids = events.flatMap(({ topic, payload }) =>
    ABOUT_A_DIAGNOSIS.has(topic) ? [String(payload.id)] : [],
  );
  await inParallel(new Set(ids), READ_AT_ONCE, async (id) => {
    const description = await describe(id).catch((error: unknown) => {
      log.debug("diagnosis of an event not read", { id, error: messageOf(error) });
      return {};
    });
    found.set(id, description);
  });
  return events.map((event) => {
    if (!ABOUT_A_DIAGNOSIS.has(event.topic)) return event;
    return { ...event, payload: { ...found.get(String(event.payload.id)), ...event.payload } };
  });
}
