import type { Clock } from "@trestle/protocol";
import type { ObjectStore } from "../object-store/object-store.ts";
import type { Ids } from "../records/ids.ts";
import type { LedgerKeys } from "./keys.ts";
import { listAll } from "./listing.ts";
import type { Manifest } from "./manifest.ts";
import type { Patience } from "./patience.ts";
import { publish } from "./publish.ts";
import type { Reader } from "./reader.ts";
import type { Problem, View } from "./view.ts";

export interface CompactorParts {
  readonly store: ObjectStore;
  readonly keys: LedgerKeys;
  readonly view: View;
  readonly reader: Reader;
  readonly ids: Ids;
  readonly clock: Clock;
  readonly patience: Patience;
  /** Reads all that is there into the view. */
  readonly refresh: () => Promise<void>;
  readonly everyMs: number;
  readonly graceMs: number;
  readonly keepGoneMs: number;
  readonly summarise: () => Promise<void>;
}

/**
 * - `done`: so many segments are in the new snapshot now.
 * - `nothing`: there was nothing to take in.
 * - `too_soon`: the last one was less than the least distance ago.
 * - `lost`: another process did it at the same time.
 * - `damaged`: what is there cannot be read whole, and a snapshot of the rest would lose it.
 */
export type Compaction =
  | { readonly kind: "done"; readonly number: number; readonly absorbed: number }
  | { readonly kind: "nothing" }
  | { readonly kind: "too_soon"; readonly waitMs: number }
  | { readonly kind: "lost" }
  | { readonly kind: "damaged"; readonly problems: readonly Problem[] };

/** Segments in a manifest: it stays small even where many came at once, or none could be deleted for long. */
const MAX_NAMED = 2_000;

/** Rejects with what `summarise` threw; the compaction itself is done by then. */
export async function compact(parts: CompactorParts): Promise<Compaction> {
  const { view, reader, clock, everyMs, graceMs, keepGoneMs, refresh } = parts;
  await refresh();
  const before = reader.found();
  if (!reader.isComplete()) return { kind: "damaged", problems: reader.problems() };
  const now = clock.now();
  // Another process's clock may be ahead: a manifest of the future must not stop everybody.
  const age = Math.abs(now - (before.manifest?.at ?? Number.NEGATIVE_INFINITY));
  if (age < everyMs) return { kind: "too_soon", waitMs: everyMs - age };
  if (view.absorbable().length === 0) return { kind: "nothing" };
  const whole = view.cut(now - keepGoneMs);
  // What is in the snapshot and not named is read once more than it had to be, until the next one.
  const absorbed = whole.absorbed.slice(0, MAX_NAMED);
  const cut = { ...whole, absorbed, fold: await whole.fold };

  const history = before.manifest?.history ?? [];
  const expired = expiredOf(history, cut.absorbed.length, now - graceMs, now + graceMs);
  await removeLeavings(parts, history.slice(0, expired));
  const written = await publish(parts, {
    cut,
    over: before.etag,
    number: (before.manifest?.number ?? 0) + 1,
    epoch: before.manifest?.epoch ?? 0,
    history: history.slice(expired),
    replaced: before.manifest?.snapshot,
  });
  if (written === undefined) return { kind: "lost" };
  await removeStrays(parts, written);
  await parts.summarise();
  return { kind: "done", number: written.number, absorbed: cut.absorbed.length };
}

/** How many of the oldest compactions have leavings that nobody can still be reading. */
function expiredOf(
  history: Manifest["history"],
  adding: number,
  since: number,
  until: number,
): number {
  const kept = history.findIndex(({ at }) => at > since && at < until);
  let expired = kept < 0 ? history.length : kept;
  const named = () =>
    history.slice(expired).reduce((sum, { absorbed }) => sum + absorbed.length, adding);
  while (expired < history.length && named() > MAX_NAMED) expired += 1;
  return expired;
}

/**
 * Deletes absorbed segments and replaced snapshots before the manifest stops naming them: the other
 * way round, a crash would leave segments that look new.
 */
async function removeLeavings(
  { store, keys, view }: CompactorParts,
  expired: Manifest["history"],
): Promise<void> {
  const old = expired.flatMap(({ absorbed, replaced }) => [
    ...absorbed.flatMap((key) => withShorter(key)),
    ...(replaced === undefined ? [] : [replaced]),
  ]);
  if (old.length > 0) await store.delete(old);

  function withShorter(key: string): string[] {
    const last = keys.parseSegment(key);
    const shorter = view
      .listed()
      .filter(({ run, commit }) => run === last?.run && commit < last.commit);
    return [key, ...shorter.map((segment) => segment.key)];
  }
}

/**
 * Snapshots whose manifest was never written. Whoever still works on one of this number or a lower
 * one has lost already; so there is no need to know how old they are.
 */
async function removeStrays(
  { store, keys, patience }: CompactorParts,
  { number, snapshot, history }: Manifest,
): Promise<void> {
  const named = new Set([snapshot, ...history.map(({ replaced }) => replaced)]);
  try {
    const strays: string[] = [];
    for await (const { key } of listAll(store, keys.snapshots, patience)) {
      const of = keys.parseSnapshot(key);
      if (of !== undefined && of <= number && !named.has(key)) strays.push(key);
    }
    if (strays.length > 0) await store.delete(strays);
  } catch {
    // The next one does it.
  }
}
