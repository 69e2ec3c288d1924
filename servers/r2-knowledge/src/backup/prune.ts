import { eachObject } from "../object-store/each-object.ts";
import type { CallOptions } from "../object-store/object-store.ts";
import type { BackupParts } from "./create-backup.ts";
import { lockRepository } from "./locks.ts";
import { eachTree, type KeptSnapshot, listSnapshots, type Repository } from "./repository.ts";

/** Which backups stay; one that any rule keeps stays. The newest always does. */
export interface KeepRules {
  /** The newest so many. */
  readonly last?: number | undefined;
  /** The newest of each of the last so many days, weeks (from Monday) or months that have one; UTC. */
  readonly daily?: number | undefined;
  readonly weekly?: number | undefined;
  readonly monthly?: number | undefined;
}

export interface PruneResult {
  readonly kept: readonly KeptSnapshot[];
  readonly removed: readonly KeptSnapshot[];
  /** Packs and trees that nothing needs any more, and their bytes. */
  readonly objects: number;
  readonly bytes: number;
}

export interface PruneOptions extends CallOptions {
  /** Only say what would go. */
  readonly dryRun?: boolean | undefined;
}

/**
 * Takes away the backups that no rule keeps, and what only they needed. Snapshots go first: whatever
 * stops it, the backups that stay are whole.
 */
export async function pruneBackups(
  repository: Repository,
  rules: KeepRules,
  { clock, ids }: BackupParts,
  { dryRun = false, signal }: PruneOptions = {},
): Promise<PruneResult> {
  const { store } = repository;
  const lock = await lockRepository(repository, "prune", { clock, id: ids.next() });
  try {
    const snapshots = await listSnapshots(repository, { signal });
    const kept = chooseKept(snapshots, rules);
    const removed = snapshots.filter((one) => !kept.includes(one));
    const unneeded = await findUnneeded(repository, kept, { signal });
    const result = {
      kept,
      removed,
      objects: unneeded.length,
      bytes: unneeded.reduce((sum, { size }) => sum + size, 0),
    };
    if (dryRun) return result;
    await lock.check();
    await store.delete(
      removed.map(({ key }) => key),
      { signal },
    );
    await lock.check();
    await store.delete(
      unneeded.map(({ key }) => key),
      { signal },
    );
    return result;
  } finally {
    await lock.release();
  }
}

async function findUnneeded(
  repository: Repository,
  kept: readonly KeptSnapshot[],
  call: CallOptions,
) {
  const { store, keys } = repository;
  const needed = new Set(kept.flatMap(({ trees }) => trees.map((tree) => `${keys.trees}${tree}`)));
  await eachTree(
    repository,
    kept,
    (entries) => {
      for (const { pieces } of entries) {
        for (const { pack } of pieces) needed.add(`${keys.packs}${pack}`);
      }
    },
    call,
  );
  const all = [
    ...(await Array.fromAsync(eachObject(store, keys.packs, call))),
    ...(await Array.fromAsync(eachObject(store, keys.trees, call))),
  ];
  return all.filter(({ key }) => !needed.has(key));
}

/** @param snapshots oldest first */
export function chooseKept<Kind extends { readonly finished: number }>(
  snapshots: readonly Kind[],
  { last = 1, daily = 0, weekly = 0, monthly = 0 }: KeepRules,
): Kind[] {
  const newest = snapshots.toReversed();
  const kept = new Set(newest.slice(0, Math.max(1, last)));
  const periods: [number, (time: number) => string][] = [
    [daily, (time) => new Date(time).toISOString().slice(0, 10)],
    [weekly, (time) => String(Math.floor((time / DAY_MS + 3) / 7))],
    [monthly, (time) => new Date(time).toISOString().slice(0, 7)],
  ];
  for (const [count, periodOf] of periods) {
    const seen = new Set<string>();
    for (const one of newest) {
      const period = periodOf(one.finished);
      if (seen.has(period)) continue;
      if (seen.size >= count) break;
      seen.add(period);
      kept.add(one);
    }
  }
  return snapshots.filter((one) => kept.has(one));
}

const DAY_MS = 86_400_000;
