import { codeOf, LedgerError } from "../ledger/errors.ts";
import type { LedgerLine } from "../ledger/fold.ts";
import { inParallel } from "../ledger/in-parallel.ts";
import { createKeys, type LedgerKeys } from "../ledger/keys.ts";
import { type ListedSegment, longestOf } from "../ledger/listing.ts";
import { coverageOf, type Manifest, parseManifest, reachesBackTo } from "../ledger/manifest.ts";
import { decodeSegment } from "../ledger/segment.ts";
import { eachObject } from "../object-store/each-object.ts";
import type { ObjectStore } from "../object-store/object-store.ts";
import type { KnowledgeEvent, Told } from "./batch.ts";
import { type Draft, type IndexName, inOrder, toDraft } from "./from-lines.ts";

/** What the indexes hold beyond what is told. */
export interface News {
  readonly events: readonly KnowledgeEvent[];
  readonly told: Told;
  /** There is more than fits one batch. */
  readonly more: boolean;
}

/** All segments and manifests of all indexes, as they were listed. */
interface Listing {
  readonly segments: Readonly<Record<IndexName, readonly ListedSegment[]>>;
  readonly manifests: Readonly<Record<string, string>>;
}

interface Pending extends ListedSegment {
  readonly index: IndexName;
  readonly known: number;
}

const ROOT = "mcp/indexes/";
const INDEXES: readonly IndexName[] = ["diagnoses", "outcomes", "audits"];
const KEYS: Readonly<Record<IndexName, LedgerKeys>> = {
  diagnoses: createKeys(`${ROOT}diagnoses/`),
  outcomes: createKeys(`${ROOT}outcomes/`),
  audits: createKeys(`${ROOT}audits/`),
};
/** Enough for one batch. */
const MOST_EVENTS = 500;
const READ_AT_ONCE = 16;
const ATTEMPTS = 8;

/** Where a sequence begins: what is there by now is not told. */
export async function nothingTold(store: ObjectStore): Promise<Told> {
  const listing = await listIndexes(store);
  const { manifests } = await readManifests(store, listing, { runs: {}, manifests: {} });
  return { runs: runsOf(listing), manifests };
}

/**
 * A segment that vanishes while it is looked at was replaced by a longer one or absorbed by a compaction:
 * the next listing tells which. @throws LedgerError `unsettled`, `newer_format`; ObjectStoreError
 */
export async function readNews(store: ObjectStore, told: Told, now: number): Promise<News> {
  for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
    const listing = await listIndexes(store);
    const news = await tryRead(store, told, listing, now);
    if (news !== undefined) return news;
  }
  throw new LedgerError("unsettled", "The indexes were replaced while they were read. Ask again.");
}

async function tryRead(
  store: ObjectStore,
  told: Told,
  listing: Listing,
  now: number,
): Promise<News | undefined> {
  const { manifests, gaps } = await readManifests(store, listing, told);
  const pending = pendingIn(listing, told);
  const drafts: Draft[] = [];
  const read: Pending[] = [];
  while (read.length < pending.length && drafts.length < MOST_EVENTS) {
    const slice = pending.slice(read.length, read.length + READ_AT_ONCE);
    const found = await readAll(store, slice, now);
    if (found === undefined) return undefined;
    drafts.push(...found);
    read.push(...slice);
  }
  const runs = runsOf(listing);
  // What did not fit is told with the next batch.
  for (const { index, run, known } of pending.slice(read.length)) runs[index][run] = known;
  const gapEvents = gaps.map((index) => gapEvent(now, { index, reason: "compacted unseen" }));
  return {
    events: [...gapEvents, ...inOrder(drafts).map(withoutVersion)],
    told: { runs, manifests },
    more: read.length < pending.length,
  };
}

function gapEvent(time: number, payload: { index: string; reason: string }): KnowledgeEvent {
  const summary = `Changes of the ${payload.index} may have happened that are not told`;
  return { time, topic: "events.gap", payload: { ...payload, summary } };
}

const withoutVersion = ({ version: _, ...event }: Draft): KnowledgeEvent => event;

/** In an order that everybody finds: by their runs, which begin with the time. */
function pendingIn({ segments }: Listing, { runs }: Told): Pending[] {
  return INDEXES.flatMap((index) =>
    longestOf(segments[index]).map((segment) => {
      const known = runs[index]?.[segment.run] ?? 0;
      return { ...segment, index, known };
    }),
  )
    .filter(({ commit, known }) => commit > known)
    .toSorted((a, b) => (a.run < b.run ? -1 : a.run > b.run ? 1 : 0));
}

/** In the order of the segments; undefined where one vanished. */
async function readAll(
  store: ObjectStore,
  segments: readonly Pending[],
  now: number,
): Promise<Draft[] | undefined> {
  const found = new Map<Pending, Draft[]>();
  await inParallel(segments, READ_AT_ONCE, async (segment) => {
    const { key, index, run } = segment;
    const object = await store.get(key);
    if (object === undefined) return;
    const writer = run.slice(run.indexOf("-") + 1);
    const lines = await linesOf(segment, object.body);
    found.set(
      segment,
      lines === undefined
        ? [gapEvent(now, { index, reason: `${key} is damaged` })]
        : lines.flatMap((line) => toDraft(index, line, writer) ?? []),
    );
  });
  if (found.size < segments.length) return undefined;
  return segments.flatMap((segment) => found.get(segment) ?? []);
}

/** Undefined where it is damaged: the others must not wait for it. */
async function linesOf(
  { key, commit, known }: Pending,
  body: Uint8Array,
): Promise<LedgerLine[] | undefined> {
  try {
    return await decodeSegment(key, body, { commit, known });
  } catch (error) {
    if (codeOf(error) === "newer_format") throw error;
    return undefined;
  }
}

async function listIndexes(store: ObjectStore): Promise<Listing> {
  const segments: Record<IndexName, ListedSegment[]> = { diagnoses: [], outcomes: [], audits: [] };
  const manifests: Record<string, string> = {};
  for await (const { key, etag } of eachObject(store, ROOT)) {
    for (const index of INDEXES) {
      const parsed = KEYS[index].parseSegment(key);
      if (parsed) segments[index].push({ key, etag, ...parsed });
      else if (key === KEYS[index].manifest) manifests[index] = etag;
    }
  }
  return { segments, manifests };
}

/** How far each run goes; what is not listed any more is forgotten. */
function runsOf({ segments }: Listing): Record<IndexName, Record<string, number>> {
  const of = (index: IndexName) =>
    Object.fromEntries(longestOf(segments[index]).map(({ run, commit }) => [run, commit]));
  return { diagnoses: of("diagnoses"), outcomes: of("outcomes"), audits: of("audits") };
}

/** A manifest is read only where it is another, and says what was absorbed since and is there no more. */
async function readManifests(
  store: ObjectStore,
  listing: Listing,
  told: Told,
): Promise<{ manifests: Told["manifests"]; gaps: IndexName[] }> {
  const manifests: Told["manifests"] = {};
  const gaps: IndexName[] = [];
  for (const index of INDEXES) {
    const before = told.manifests[index];
    const etag = listing.manifests[index];
    if (etag === undefined || etag === before?.etag) {
      if (before) manifests[index] = before;
      continue;
    }
    const manifest = await readManifest(store, KEYS[index].manifest);
    // A damaged one tells nothing; the next compaction or rebuild writes another.
    manifests[index] = { etag, number: manifest?.number ?? before?.number ?? 0 };
    if (manifest && isMissed(index, manifest, before?.number ?? 0, { listing, told }))
      gaps.push(index);
  }
  return { manifests, gaps };
}

async function readManifest(store: ObjectStore, key: string): Promise<Manifest | undefined> {
  const found = await store.get(key);
  if (found === undefined) return undefined;
  try {
    return parseManifest(key, found.body);
  } catch (error) {
    if (codeOf(error) === "newer_format") throw error;
    return undefined;
  }
}

/** Were commits absorbed and deleted that nobody told? Or were manifests missed that could say so? */
function isMissed(
  index: IndexName,
  manifest: Manifest,
  seen: number,
  { listing, told }: { listing: Listing; told: Told },
): boolean {
  const runs = told.runs[index];
  if (runs === undefined) return false;
  if (seen < reachesBackTo(manifest)) return true;
  const since = manifest.history.filter(({ number }) => number > seen);
  const there = new Map(longestOf(listing.segments[index]).map(({ run, commit }) => [run, commit]));
  return [...coverageOf(since, KEYS[index])].some(
    ([run, commit]) => Math.max(runs[run] ?? 0, there.get(run) ?? 0) < commit,
  );
}
