/** The last so many of something, the oldest first. Adding costs the same however many there are. */
export interface Ring<Item> {
  push(items: readonly Item[]): void;
  /** A new array: what was read before stays as it was. */
  read(): readonly Item[];
  readonly size: number;
  clear(): void;
}

export function createRing<Item>(capacity: number): Ring<Item> {
  const slots: Item[] = [];
  let next = 0;
  return {
    push(items) {
      for (const item of items.slice(-capacity)) {
        slots[next] = item;
        next = (next + 1) % capacity;
      }
    },
    read: () =>
      slots.length < capacity ? [...slots] : [...slots.slice(next), ...slots.slice(0, next)],
    get size() {
      return slots.length;
    },
    clear() {
      slots.length = 0;
      next = 0;
    },
  };
}
