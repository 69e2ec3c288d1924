import { Buffer } from "node:buffer";
import { ObjectStoreError } from "../object-store.ts";

const LONGEST = 1_024;

/**
 * Refuses what cannot be a key of a bucket, before anything is sent. Two kinds are refused that S3
 * knows: `.` and `..` between slashes, which everything on the way of a URL may take out, so that
 * another object would be meant; and control characters, which its XML cannot carry.
 * @throws ObjectStoreError `bad_key`
 */
export function checkKey(key: string): void {
  const fault = faultOf(key);
  if (fault === undefined) return;
  const shown = JSON.stringify(key.length > 80 ? `${key.slice(0, 80)}…` : key);
  throw new ObjectStoreError("bad_key", `The key ${shown} ${fault}. Choose another one.`);
}

function faultOf(key: string): string | undefined {
  const bytes = Buffer.byteLength(key);
  if (bytes === 0) return "is empty";
  if (bytes > LONGEST) return `has ${bytes} bytes, and a bucket takes at most ${LONGEST}`;
  if (!key.isWellFormed()) return "is no valid Unicode";
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are looked for
  if (/[\u0000-\u001f\ufffe\uffff]/.test(key)) return "holds a control character";
  if (/(^|\/)\.\.?(\/|$)/.test(key)) return "holds `.` or `..` between slashes";
  return undefined;
}
