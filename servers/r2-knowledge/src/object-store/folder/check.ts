import { ObjectStoreError, type PutOptions } from "../object-store.ts";

const MAX_KEY_BYTES = 1_024;
const MAX_METADATA_BYTES = 8_192;
const METADATA_NAME = /^[a-z0-9-]+$/;

/** Throws `bad_key` for what cannot be the key of an object. */
export function checkKey(key: string): void {
  const bytes = Buffer.byteLength(key);
  if (bytes >= 1 && bytes <= MAX_KEY_BYTES && key.isWellFormed()) return;
  const shown = JSON.stringify(key.length > 80 ? `${key.slice(0, 80)}…` : key);
  throw new ObjectStoreError(
    "bad_key",
    `${shown} cannot be a key: a key is 1 to ${MAX_KEY_BYTES} bytes of UTF-8; this one has ${bytes}.`,
  );
}

/** Throws `too_large` for more metadata than R2 takes, and `RangeError` for a name no header can have. */
export function checkMetadata({ metadata = {} }: PutOptions): void {
  let bytes = 0;
  for (const [name, value] of Object.entries(metadata)) {
    if (!METADATA_NAME.test(name)) {
      throw new RangeError(`${JSON.stringify(name)} names no metadata: use a-z, 0-9 and hyphens.`);
    }
    bytes += name.length + Buffer.byteLength(value);
  }
  if (bytes <= MAX_METADATA_BYTES) return;
  throw new ObjectStoreError(
    "too_large",
    `An object takes ${MAX_METADATA_BYTES} bytes of metadata, names included; here are ${bytes}.`,
  );
}
