import type { FileHandle } from "node:fs/promises";

export interface Fill {
  /** Writes the body to the file. */
  write(file: FileHandle): Promise<void>;
  /** What the source itself threw, so that it can be told from what the disk did. */
  readonly failure: { readonly error: unknown } | undefined;
}

/** The body in its pieces. The source is let go of as soon as anything goes wrong. */
export function fillFrom(
  body: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  signal: AbortSignal | undefined,
): Fill {
  let failure: Fill["failure"];

  return {
    get failure() {
      return failure;
    },

    async write(file) {
      const source = iteratorOf(body);
      const abort = onAbort(signal);
      let isDone = false;
      try {
        for (;;) {
          // A source that hangs is not waited for after an abort.
          const next = source.next().catch((error: unknown) => {
            failure = { error };
            throw error;
          });
          const { value, done } = await Promise.race([next, abort.happened]);
          if (done) break;
          await writeWhole(file, value);
        }
        isDone = true;
      } finally {
        abort.forget();
        if (!isDone) void Promise.resolve(source.return(undefined)).catch(() => {});
      }
    },
  };
}

async function* iteratorOf(
  body: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
): AsyncGenerator<Uint8Array> {
  yield* body;
}

async function writeWhole(file: FileHandle, piece: Uint8Array): Promise<void> {
  for (let written = 0; written < piece.length; ) {
    const { bytesWritten } = await file.write(piece, written);
    written += bytesWritten;
  }
}

/** `happened` only ever rejects, with the reason. */
function onAbort(signal: AbortSignal | undefined): {
  happened: Promise<never>;
  forget: () => void;
} {
  const { promise: happened, reject } = Promise.withResolvers<never>();
  happened.catch(() => {});
  const abort = () => reject(signal?.reason);
  if (signal?.aborted) abort();
  signal?.addEventListener("abort", abort, { once: true });
  return { happened, forget: () => signal?.removeEventListener("abort", abort) };
}
