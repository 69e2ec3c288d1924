import { createHash } from "node:crypto";
import type { CallOptions, ObjectStore, PutOptions } from "../object-store/object-store.ts";

/** Objects up to this size are copied at once, larger ones as a stream. Bytes. */
const AT_ONCE_BYTES = 8 * 1024 * 1024;

/** Both ends of a copy. */
export interface Copied {
  readonly from: string;
  readonly to: string;
  readonly bytes: number;
}

/** With its type and metadata. Undefined where there is nothing to copy. */
export async function copyObject(
  from: { readonly store: ObjectStore; readonly key: string },
  to: { readonly store: ObjectStore; readonly key: string },
  { when, signal }: Pick<PutOptions, "when" | "signal">,
): Promise<Copied | undefined> {
  const found = await from.store.getStream(from.key, { signal });
  if (!found) return undefined;
  const { body, etag, size: bytes, contentType, metadata } = found;
  const options = { when, signal, contentType, metadata };
  const put =
    bytes > AT_ONCE_BYTES
      ? await to.store.putStream(to.key, body, options)
      : await to.store.put(to.key, Buffer.concat(await Array.fromAsync(body)), options);
  return { from: etag, to: put.etag, bytes };
}

/** Undefined where there is no such object. */
export async function hashObject(
  store: ObjectStore,
  key: string,
  call: CallOptions,
): Promise<{ readonly etag: string; readonly hash: string } | undefined> {
  const found = await store.getStream(key, call);
  if (!found) return undefined;
  const hash = createHash("sha256");
  for await (const part of found.body) hash.update(part);
  return { etag: found.etag, hash: hash.digest("hex") };
}
