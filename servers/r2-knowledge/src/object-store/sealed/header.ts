import { Buffer } from "node:buffer";
import { createCipheriv, createDecipheriv, randomBytes } from "node:crypto";
import type { Keyring } from "@trestle/access";
import { ObjectStoreError } from "../object-store.ts";
import { TAG_BYTES } from "./chunks.ts";

/**
 * What a sealed object begins with: four letters, the id of the key that wraps (8 characters), a nonce
 * (12 bytes), and the object's own key (32 bytes, with its tag of 16), wrapped with AES-256-GCM for this
 * object's name alone. So a key is rotated by writing headers anew, and no object passes for another.
 */
export const HEADER_BYTES = 4 + 8 + 12 + 32 + TAG_BYTES;

const MAGIC = "TSO1";
const ID_END = 12;
const NONCE_END = 24;

export interface Header {
  readonly bytes: Buffer;
  /** AES-256, of this object alone. */
  readonly dataKey: Buffer;
}

export function createHeader(keyring: Keyring, name: string): Header {
  const dataKey = randomBytes(32);
  return { bytes: wrap(keyring, name, dataKey), dataKey };
}

/** @throws ObjectStoreError `damaged` where this is no header, `denied` where its key is not ours. */
export function openHeader(keyring: Keyring, name: string, bytes: Uint8Array): Header {
  const header = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (header.length !== HEADER_BYTES || header.toString("latin1", 0, 4) !== MAGIC) {
    throw new ObjectStoreError(
      "damaged",
      `${name} is not sealed, or its beginning was changed. Where it was written before sealing was on, copy it through a store that seals.`,
    );
  }
  const id = wrappedBy(header);
  const key = keyring.find(id);
  if (!key) {
    throw new ObjectStoreError(
      "denied",
      `${name} was sealed with the key ${id}, which is not among the keys here. Add that key again.`,
    );
  }
  const decipher = createDecipheriv("aes-256-gcm", key.secret, header.subarray(ID_END, NONCE_END), {
    authTagLength: TAG_BYTES,
  });
  decipher.setAAD(context(header.subarray(0, ID_END), name));
  decipher.setAuthTag(header.subarray(-TAG_BYTES));
  try {
    const dataKey = decipher.update(header.subarray(NONCE_END, -TAG_BYTES));
    return { bytes: header, dataKey: Buffer.concat([dataKey, decipher.final()]) };
  } catch (cause) {
    throw new ObjectStoreError(
      "damaged",
      `${name} cannot be opened: its beginning was changed, or it was written under another name.`,
      { cause },
    );
  }
}

/** The same object key, wrapped by the key that seals now; undefined where it is already. */
export function rewrapHeader(
  keyring: Keyring,
  name: string,
  bytes: Uint8Array,
): Buffer | undefined {
  const { bytes: header, dataKey } = openHeader(keyring, name, bytes);
  return wrappedBy(header) === keyring.active().id ? undefined : wrap(keyring, name, dataKey);
}

/** The id of the key that wraps; undefined where that is no header. */
export function keyIdOf(bytes: Uint8Array): string | undefined {
  const header = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (header.length !== HEADER_BYTES || header.toString("latin1", 0, 4) !== MAGIC) return undefined;
  return wrappedBy(header);
}

function wrap(keyring: Keyring, name: string, dataKey: Buffer): Buffer {
  const key = keyring.active();
  const head = Buffer.from(`${MAGIC}${key.id}`, "latin1");
  const nonce = randomBytes(NONCE_END - ID_END);
  const cipher = createCipheriv("aes-256-gcm", key.secret, nonce);
  cipher.setAAD(context(head, name));
  return Buffer.concat([head, nonce, cipher.update(dataKey), cipher.final(), cipher.getAuthTag()]);
}

function wrappedBy(header: Buffer): string {
  return header.toString("latin1", 4, ID_END);
}

function context(head: Buffer, name: string): Buffer {
  return Buffer.concat([head, Buffer.from(name)]);
}
