import { Buffer } from "node:buffer";
import type { Keyring } from "@trestle/access";
import { inParallel } from "../../ledger/in-parallel.ts";
import { eachObject } from "../each-object.ts";
import type { CallOptions, ObjectFacts, ObjectStore } from "../object-store.ts";
import { HEADER_BYTES, keyIdOf, rewrapHeader } from "./header.ts";

/** Objects up to this size are written at once, larger ones as a stream. Bytes. */
const AT_ONCE_BYTES = 8 * 1024 * 1024;

export interface RewrapResult {
  /** Objects whose key is wrapped anew. */
  rewrapped: number;
  /** Objects whose key was wrapped by the active key already. */
  current: number;
  /** Objects that somebody replaced or deleted meanwhile: sealed with the active key, or gone. */
  overtaken: number;
}

export interface RewrapOptions extends CallOptions {
  readonly prefix?: string;
  /** Begins behind this key: the `after` of the last progress goes on where a run was ended. */
  readonly after?: string | undefined;
  /** Told where all objects up to `after` are done. */
  readonly onProgress?: (result: Readonly<RewrapResult>, after: string) => Promise<void> | void;
  /** Told of an object that can not be opened, and it goes on; without it, the first one ends it. */
  readonly onFailed?: (key: string, error: unknown) => void;
}

/** Objects at work at once, and objects between two tellings. */
const WIDTH = 8;
const STEP = 64;

/**
 * Wraps every object's key with the keyring's active key, so that an older one can be taken away.
 * Bodies are carried over as they are, sealed. May be stopped and run again at any time.
 *
 * @param store holds the sealed bytes: the one beneath the store that seals.
 * @throws ObjectStoreError `damaged` or `denied` for an object that cannot be opened.
 */
export async function rewrapAll(
  store: ObjectStore,
  keyring: Keyring,
  { prefix = "", after, onProgress, onFailed, signal }: RewrapOptions = {},
): Promise<RewrapResult> {
  const result: RewrapResult = { rewrapped: 0, current: 0, overtaken: 0 };

  async function one(object: ObjectFacts): Promise<void> {
    try {
      result[await rewrap(store, keyring, object, { signal })] += 1;
    } catch (error) {
      const code = (error as { code?: unknown }).code;
      if (!onFailed || (code !== "damaged" && code !== "denied")) throw error;
      onFailed(object.key, error);
    }
  }

  for await (const step of inSteps(eachObject(store, prefix, { after, signal }))) {
    signal?.throwIfAborted();
    await inParallel(step, WIDTH, one);
    await onProgress?.(result, step.at(-1)?.key ?? "");
  }
  return result;
}

async function* inSteps(objects: AsyncIterable<ObjectFacts>): AsyncGenerator<ObjectFacts[]> {
  let step: ObjectFacts[] = [];
  for await (const object of objects) {
    step.push(object);
    if (step.length < STEP) continue;
    yield step;
    step = [];
  }
  if (step.length > 0) yield step;
}

/** How many objects each key wraps, by its id; what is not sealed counts as `none`. */
export async function countByKey(
  store: ObjectStore,
  { signal }: CallOptions = {},
): Promise<Map<string, number>> {
  const counts = new Map<string, number>();
  await inParallel(eachObject(store, "", { signal }), WIDTH, async ({ key }) => {
    const start = await store.get(key, { range: { from: 0, to: HEADER_BYTES - 1 }, signal });
    if (!start) return;
    const id = keyIdOf(start.body) ?? "none";
    counts.set(id, (counts.get(id) ?? 0) + 1);
  });
  return counts;
}

async function rewrap(
  store: ObjectStore,
  keyring: Keyring,
  { key, size }: ObjectFacts,
  call: CallOptions,
): Promise<keyof RewrapResult> {
  const start = await store.get(key, { range: { from: 0, to: HEADER_BYTES - 1 }, ...call });
  if (!start) return "overtaken";
  const header = rewrapHeader(keyring, key, start.body);
  if (!header) return "current";

  const sealed = await store.getStream(key, { range: { from: HEADER_BYTES }, ...call });
  if (sealed?.etag !== start.etag) return "overtaken";
  const { contentType, metadata } = sealed;
  const put = { when: { etag: start.etag }, contentType, metadata, ...call };
  try {
    if (size > AT_ONCE_BYTES) await store.putStream(key, behind(header, sealed.body), put);
    else await store.put(key, await joined(header, sealed.body), put);
    return "rewrapped";
  } catch (error) {
    if ((error as { code?: unknown }).code === "precondition_failed") return "overtaken";
    throw error;
  }
}

async function* behind(
  header: Uint8Array,
  body: AsyncIterable<Uint8Array>,
): AsyncGenerator<Uint8Array> {
  yield header;
  yield* body;
}

async function joined(header: Uint8Array, body: AsyncIterable<Uint8Array>): Promise<Buffer> {
  return Buffer.concat(await Array.fromAsync(behind(header, body)));
}
