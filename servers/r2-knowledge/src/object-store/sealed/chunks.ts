import { Buffer } from "node:buffer";
import { createCipheriv, createDecipheriv } from "node:crypto";
import { ObjectStoreError } from "../object-store.ts";

/**
 * A body as chunks that are sealed one by one, so that it can be streamed and read in part. The nonce
 * tells a chunk's place and whether it is the last one: none can be left out, moved or added. The key
 * seals one object only, so no nonce is used twice. (The STREAM construction, as age and Tink use it.)
 */
export const CHUNK_BYTES = 64 * 1024;
export const TAG_BYTES = 16;
export const SEALED_CHUNK_BYTES = CHUNK_BYTES + TAG_BYTES;

/** There is always a last chunk, if an empty one. */
export function countChunks(plainBytes: number): number {
  return Math.max(1, Math.ceil(plainBytes / CHUNK_BYTES));
}

/**
 * How many bytes so many sealed ones hold. Of what is no whole number of chunks it is a guess: reading
 * tells the damage.
 */
export function plainBytes(sealed: number): number {
  return Math.max(0, sealed - Math.max(1, Math.ceil(sealed / SEALED_CHUNK_BYTES)) * TAG_BYTES);
}

export function sealChunk(key: Buffer, index: number, isLast: boolean, plain: Uint8Array): Buffer {
  const cipher = createCipheriv("aes-256-gcm", key, nonce(index, isLast));
  return Buffer.concat([cipher.update(plain), cipher.final(), cipher.getAuthTag()]);
}

/** @throws ObjectStoreError `damaged` */
export function openChunk(
  key: Buffer,
  index: number,
  isLast: boolean,
  sealed: Uint8Array,
  name: string,
): Buffer {
  try {
    const tagAt = sealed.length - TAG_BYTES;
    const options = { authTagLength: TAG_BYTES };
    const decipher = createDecipheriv("aes-256-gcm", key, nonce(index, isLast), options);
    decipher.setAuthTag(sealed.subarray(tagAt));
    return Buffer.concat([decipher.update(sealed.subarray(0, tagAt)), decipher.final()]);
  } catch (cause) {
    throw new ObjectStoreError(
      "damaged",
      `${name} was changed after it was sealed, or is cut off. Restore it from a backup.`,
      { cause },
    );
  }
}

/** All chunks of a body that is whole in memory. */
export function* sealChunks(key: Buffer, body: Uint8Array): Generator<Buffer> {
  const count = countChunks(body.length);
  for (let index = 0; index < count; index += 1) {
    const plain = body.subarray(index * CHUNK_BYTES, (index + 1) * CHUNK_BYTES);
    yield sealChunk(key, index, index === count - 1, plain);
  }
}

/** Pieces of `size` bytes, however the source was cut; the last may be shorter, and there is always one. */
export async function* inPieces(
  source: AsyncIterable<Uint8Array>,
  size: number,
): AsyncGenerator<{ readonly piece: Buffer; readonly isLast: boolean }> {
  let held: Uint8Array[] = [];
  let bytes = 0;
  for await (const part of source) {
    held.push(part);
    bytes += part.length;
    // One byte more than a piece: only then it is not the last.
    if (bytes <= size) continue;
    let rest = Buffer.concat(held);
    for (; rest.length > size; rest = rest.subarray(size)) {
      yield { piece: rest.subarray(0, size), isLast: false };
    }
    held = [rest];
    bytes = rest.length;
  }
  yield { piece: Buffer.concat(held), isLast: true };
}

function nonce(index: number, isLast: boolean): Buffer {
  const bytes = Buffer.alloc(12);
  bytes.writeUInt32BE(index, 7);
  bytes.writeUInt8(isLast ? 1 : 0, 11);
  return bytes;
}
