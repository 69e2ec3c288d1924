import type { ObjectStore } from "../object-store/object-store.ts";
import type { LedgerKeys } from "./keys.ts";
import { type Patience, patiently } from "./patience.ts";

export interface ListedSegment {
  readonly key: string;
  readonly run: string;
  readonly commit: number;
  readonly etag: string;
}

/** All segments that are there, in the order of their keys. */
export async function listSegments(
  store: ObjectStore,
  keys: LedgerKeys,
  patience: Patience,
): Promise<ListedSegment[]> {
  const segments: ListedSegment[] = [];
  for await (const { key, etag } of listAll(store, keys.segments, patience)) {
    const parsed = keys.parseSegment(key);
    if (parsed !== undefined) segments.push({ key, etag, ...parsed });
  }
  return segments;
}

/** Of each run the segment that holds all its others. */
export function longestOf(segments: readonly ListedSegment[]): ListedSegment[] {
  const longest = new Map<string, ListedSegment>();
  for (const segment of segments) {
    const other = longest.get(segment.run);
    if (other === undefined || other.commit < segment.commit) longest.set(segment.run, segment);
  }
  return [...longest.values()];
}

/** Every object below a prefix, however many pages that takes. */
export async function* listAll(
  store: ObjectStore,
  prefix: string,
  patience: Patience,
): AsyncGenerator<{ key: string; etag: string; modified: number }> {
  let after: string | undefined;
  do {
    const from = after;
    const page = await patiently(patience, (signal) => store.list(prefix, { after: from, signal }));
    yield* page.objects;
    after = page.next;
  } while (after !== undefined);
}
