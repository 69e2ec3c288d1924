import { type HubMessage, seqOf } from "./event.ts";

/** The newest messages, up to a number of them. */
export interface Ring {
  push(message: HubMessage): void;
  /** Everything after this number is still here. */
  floor(): number;
  /** The first message after the number. */
  after(seq: number): HubMessage | undefined;
}

export function createRing(capacity: number, firstFloor: number): Ring {
  const slots: HubMessage[] = [];
  let start = 0;
  let floor = firstFloor;
  const at = (index: number) => slots[(start + index) % capacity];

  return {
    push(message) {
      if (slots.length < capacity) {
        slots.push(message);
        return;
      }
      const oldest = slots[start];
      if (oldest) floor = seqOf(oldest);
      slots[start] = message;
      start = (start + 1) % capacity;
    },
    floor: () => floor,
    after(seq) {
      let low = 0;
      let high = slots.length;
      while (low < high) {
        const middle = (low + high) >>> 1;
        const found = at(middle);
        if (found && seqOf(found) <= seq) low = middle + 1;
        else high = middle;
      }
      return low < slots.length ? at(low) : undefined;
    },
  };
}
