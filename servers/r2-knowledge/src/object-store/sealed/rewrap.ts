import { Buffer } from "node:buffer";
import type { Keyring } from "@trestle/access";
import { eachObject } from "../each-object.ts";
import type { CallOptions, ObjectFacts, ObjectStore } from "../object-store.ts";
import { HEADER_BYTES, rewrapHeader } from "./header.ts";

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
  readonly onProgress?: (result: Readonly<RewrapResult>) => void;
}

/**
 * Wraps every object's key with the keyring's active key, so that an older one can be taken away.
 * Bodies are carried over as they are, sealed. May be stopped and run again at any time.
 *
 * @param store holds the sealed bytes: the one beneath the store that seals.
 * @throws ObjectStoreError `damaged` or `denied` at the first object that cannot be opened.
 */
export async function rewrapAll(
  store: ObjectStore,
  keyring: Keyring,
  { prefix = "", onProgress, signal }: RewrapOptions = {},
): Promise<RewrapResult> {
  const result: RewrapResult = { rewrapped: 0, current: 0, overtaken: 0 };
  for await (const object of eachObject(store, prefix, { signal })) {
    result[await rewrap(store, keyring, object, { signal })] += 1;
    onProgress?.(result);
  }
  return result;
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
