import { inParallel } from "../ledger/in-parallel.ts";

/** Does something to each item, so many at once, and resolves in their order. The first failure ends it all. */
export async function eachAtMost<Item, Result>(
  limit: number,
  items: readonly Item[],
  work: (item: Item, index: number) => Promise<Result>,
): Promise<Result[]> {
  const results: Result[] = new Array(items.length);
  await inParallel(items.entries(), limit, async ([index, item]) => {
    results[index] = await work(item, index);
  });
  return results;
}
