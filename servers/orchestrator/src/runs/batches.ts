/** One after the other; what comes while one is under way goes into the next. */
export function createBatches<Item>(
  work: (batch: readonly Item[]) => Promise<void>,
  most: number,
): (item: Item) => void {
  let waiting: Item[] = [];
  let working = false;

  async function workAll(): Promise<void> {
    while (waiting.length > 0) {
      const batch = waiting.slice(0, most);
      waiting = waiting.slice(most);
      await work(batch);
    }
    working = false;
  }

  return (item) => {
    waiting.push(item);
    if (working) return;
    working = true;
    // Whatever comes in the same turn of the loop goes together.
    setImmediate(() => void workAll());
  };
}
