import { Buffer } from "node:buffer";
import { setImmediate as nextTurn } from "node:timers/promises";

/** Joins pieces of any sizes to parts of `size` bytes, the last one perhaps shorter; at least one. */
export async function* toParts(
  source: AsyncIterable<Uint8Array>,
  size: number,
): AsyncGenerator<Uint8Array> {
  let kept: Uint8Array[] = [];
  let bytes = 0;
  let isFirst = true;
  for await (let piece of source) {
    while (bytes + piece.length > size) {
      const rest = size - bytes;
      yield Buffer.concat([...kept, piece.subarray(0, rest)]);
      [kept, bytes, isFirst, piece] = [[], 0, false, piece.subarray(rest)];
    }
    // A source may use its buffer again.
    kept.push(Uint8Array.from(piece));
    bytes += piece.length;
  }
  if (isFirst || bytes > 0) yield Buffer.concat(kept);
}

/** The same pieces, until the signal ends them with its reason; the source is let go either way. */
export async function* whileWanted(
  source: AsyncIterable<Uint8Array>,
  signal: AbortSignal | undefined,
): AsyncGenerator<Uint8Array> {
  const iterator = source[Symbol.asyncIterator]();
  let isAsked = false;
  const { promise: aborted, reject } = Promise.withResolvers<never>();
  aborted.catch(() => {});
  const stop = () => reject(signal?.reason);
  signal?.addEventListener("abort", stop, { once: true });
  try {
    for (;;) {
      signal?.throwIfAborted();
      isAsked = true;
      const next = await Promise.race([iterator.next(), aborted]);
      isAsked = false;
      if (next.done) return;
      yield next.value;
    }
  } finally {
    signal?.removeEventListener("abort", stop);
    const ended = Promise.resolve(iterator.return?.()).catch(() => {});
    // A source that is asked and does not answer cannot be waited for.
    await (isAsked ? Promise.race([ended, nextTurn()]) : ended);
  }
}
