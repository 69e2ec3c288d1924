import type { GetOptions, ObjectFacts } from "../object-store.ts";
import { ObjectStoreError } from "../object-store.ts";
import type { Failure } from "./failures.ts";
import { readFailure } from "./failures.ts";
import type { Parts } from "./parts.ts";
import { getOnce, isEmpty, wholeOf, withoutBytes } from "./reads.ts";
import { isEnough, pauseAfter, sendOften } from "./retry.ts";
import { toError } from "./wording.ts";

type Pieces = AsyncIterable<Uint8Array> & { destroy?(): void };
export type Streamed = ObjectFacts & { body: AsyncIterable<Uint8Array> };

/** Up to so many bytes are read at once, so that a body nobody reads holds no socket. */
const SMALL_BYTES = 1_048_576;

export async function getStream(
  parts: Parts,
  key: string,
  { range, signal }: GetOptions,
): Promise<Streamed | undefined> {
  const doing = { operation: "GetObject", key, where: parts.description } as const;
  const nothing = async (): Promise<Streamed | undefined> => {
    const found = await withoutBytes(parts, key, signal);
    return found && { ...found, body: only(found.body) };
  };
  if (isEmpty(range)) return nothing();
  const open = (from: number, etag?: string) =>
    getOnce(
      parts,
      key,
      { range: range || from > 0 ? { from, to: range?.to } : undefined, signal, etag },
      async (body, length): Promise<{ pieces: Pieces; length: number }> =>
        length <= SMALL_BYTES
          ? { pieces: only(await wholeOf(body, length)), length }
          : { pieces: body as unknown as Pieces, length },
    );
  const begin = range?.from ?? 0;
  const sent = await sendOften(parts, () => open(begin), signal);
  if (!sent.ok) {
    if (sent.failure.reason === "not_found") return undefined;
    if (sent.failure.reason === "no_such_range") return nothing();
    throw toError(sent.failure, doing);
  }
  const { found, body } = sent.value;
  const again = async (read: number): Promise<Pieces> => {
    const more = await sendOften(parts, () => open(begin + read, found.facts.etag), signal);
    if (more.ok) return more.value.body.pieces;
    const { reason } = more.failure;
    if (reason === "precondition_failed" || reason === "not_found") throw changed(key, doing.where);
    throw toError(more.failure, doing);
  };
  const fail = (failure: Failure) => toError(failure, doing);
  return { ...found.facts, body: readOn(parts, { ...body, again, fail, signal }) };
}

interface Reading {
  readonly pieces: Pieces;
  readonly length: number;
  again(read: number): Promise<Pieces>;
  fail(failure: Failure): Error;
  readonly signal: AbortSignal | undefined;
}

/** Goes on where a broken connection left off, with the same version of the object. */
async function* readOn(
  parts: Parts,
  { pieces: first, length, again, fail, signal }: Reading,
): AsyncGenerator<Uint8Array> {
  let pieces = first;
  let read = 0;
  for (let tried = 1; ; tried += 1) {
    const before = read;
    const began = parts.clock.now();
    try {
      for await (const piece of pieces) {
        signal?.throwIfAborted();
        read += piece.length;
        yield piece;
        signal?.throwIfAborted();
      }
      if (read >= length) return;
    } catch (error) {
      signal?.throwIfAborted();
      const failure = readFailure(error);
      if (read > before) tried = 1;
      if (isEnough(parts, failure, tried, began)) throw fail(failure);
    } finally {
      pieces.destroy?.();
    }
    await pauseAfter(parts, { reason: "unavailable", waitMs: undefined }, tried, signal);
    pieces = await again(read);
  }
}

async function* only(body: Uint8Array): AsyncGenerator<Uint8Array> {
  if (body.length > 0) yield body;
}

function changed(key: string, where: string): ObjectStoreError {
  const sentence = `The object ${JSON.stringify(key)} in ${where} was replaced while it was read. Read it again.`;
  return new ObjectStoreError("unavailable", sentence);
}
