/**
 * What is under way now, in no particular order, for what comes and goes with every call. A `Map` or a `Set`
 * would be rebuilt every few dozen calls, and each rebuilt table leads on to the next: one that has grown old
 * keeps all that followed alive until the old generation is collected, with every request that was in them.
 */
export interface Roster<Item> {
  readonly size: number;
  /** Takes it in, until the returned function is called, which tells whether it was still in. */
  add(item: Item): () => boolean;
  /** Looks at each in turn: there are rarely more than some dozens. */
  find(isIt: (item: Item) => boolean): Item | undefined;
  /** As it is now; may change while it is walked through. */
  items(): Item[];
}

interface Entry<Item> {
  readonly item: Item;
  /** -1 once it is out. */
  at: number;
}

export function createRoster<Item>(): Roster<Item> {
  const entries: Entry<Item>[] = [];

  function remove(entry: Entry<Item>): boolean {
    const { at } = entry;
    if (at === -1) return false;
    entry.at = -1;
    const last = entries.pop();
    if (last !== undefined && last !== entry) {
      last.at = at;
      entries[at] = last;
    }
    return true;
  }

  return {
    get size() {
      return entries.length;
    },
    add(item) {
      const entry = { item, at: entries.length };
      entries.push(entry);
      return () => remove(entry);
    },
    find(isIt) {
      for (const { item } of entries) if (isIt(item)) return item;
      return undefined;
    },
    items: () => entries.map(({ item }) => item),
  };
}
