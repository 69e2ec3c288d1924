import { createHash, scryptSync } from "node:crypto";
import { TrestleError } from "@trestle/protocol";

/** An AES-256 key and the name that sealed text carries for it. */
export interface SealingKey {
  /** Eight characters made from the key itself, so that all who hold it call it the same. */
  readonly id: string;
  readonly secret: Buffer;
}

export const KEY_BYTES = 32;
const MIN_PASSPHRASE = 16;

export function toSealingKey(secret: Buffer): SealingKey {
  const digest = createHash("sha256").update("trestle sealing key\0").update(secret).digest();
  return { id: digest.subarray(0, 6).toString("base64url"), secret };
}

/**
 * Reads the keys of `MCP_ENCRYPTION_KEY`: one, or several with commas between them, of which the first
 * seals and all open. A key is 32 bytes as 64 hexadecimal digits or as base64 (either alphabet). Any
 * other text of 16 characters or more is a passphrase, and its key is derived with scrypt (N = 2^15,
 * r = 8, p = 1, salt "trestle sealing key"): the same on every machine, and costly to guess.
 */
export function parseSealingKeys(text: string): SealingKey[] {
  return text.split(",").map((part) => toSealingKey(parseKey(part.trim())));
}

/** 32 bytes as base64; undefined where the text is something else. */
export function decodeKey(text: string): Buffer | undefined {
  if (!/^[A-Za-z0-9+/_-]{43}=?$/.test(text)) return undefined;
  return Buffer.from(text, "base64");
}

function parseKey(text: string): Buffer {
  if (/^[0-9a-fA-F]{64}$/.test(text)) return Buffer.from(text, "hex");
  const decoded = decodeKey(text);
  if (decoded) return decoded;
  if (text.length < MIN_PASSPHRASE) {
    throw new TrestleError(
      "invalid_config",
      `MCP_ENCRYPTION_KEY is too short. Give 32 random bytes as base64 or hex, or a passphrase of at least ${MIN_PASSPHRASE} characters.`,
    );
  }
  return scryptSync(text.normalize("NFC"), "trestle sealing key", KEY_BYTES, {
    N: 2 ** 15,
    r: 8,
    p: 1,
    maxmem: 64 * 1024 * 1024,
  });
}
