/** How much of a program's output is shown. Bytes. */
const TAIL_BYTES = 8 * 1024;

export interface Tail {
  /** Returns how many bytes came so far. */
  add(chunk: Buffer): number;
  text(): string;
}

/** The end of what a program says, at constant memory. */
export function createTail(limit: number = TAIL_BYTES): Tail {
  let kept = Buffer.alloc(0);
  let bytes = 0;
  return {
    add(chunk) {
      bytes += chunk.length;
      const joined = Buffer.concat([kept, chunk.subarray(-limit)]);
      kept = joined.subarray(-limit);
      return bytes;
    },
    text() {
      const text = kept.toString("utf8").replace(/^\uFFFD+/, "");
      return bytes > limit ? `… ${text}` : text;
    },
  };
}
