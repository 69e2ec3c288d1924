import { createCipheriv, createDecipheriv, randomBytes } from "node:crypto";
import { type JsonValue, parseJson, TrestleError } from "@trestle/protocol";
import type { Keyring } from "./keyring.ts";

export interface SealOptions {
  /** What the sealed value is for and whose it is; it opens with the very same text only. */
  readonly context: string;
}

/** Hides a value from whoever carries it, and notices any change to it. */
export interface Sealer {
  /** `1.<key id>.<nonce, ciphertext and tag>`, in characters that fit a URL or a header. */
  seal(value: JsonValue, options: SealOptions): string;
  /** Throws `denied` for anything that was not sealed by one of our keys for this context. */
  open(sealed: string, options: SealOptions): JsonValue;
}

const VERSION = "1";
const NONCE_BYTES = 12;
const TAG_BYTES = 16;

/**
 * AES-256-GCM with a random nonce. Rotate a key before it has sealed 2^32 values: beyond that, two
 * nonces may be the same.
 */
export function createSealer(keyring: Keyring): Sealer {
  return {
    seal(value, { context }) {
      const key = keyring.active();
      const prefix = `${VERSION}.${key.id}.`;
      const nonce = randomBytes(NONCE_BYTES);
      const cipher = createCipheriv("aes-256-gcm", key.secret, nonce);
      cipher.setAAD(Buffer.from(prefix + context));
      const text = cipher.update(JSON.stringify(value), "utf8");
      const body = Buffer.concat([nonce, text, cipher.final(), cipher.getAuthTag()]);
      return prefix + body.toString("base64url");
    },
    open(sealed, { context }) {
      const [version = "", id = "", payload = "", ...rest] = sealed.split(".");
      const body = Buffer.from(payload, "base64url");
      // Base64 can spell the same bytes in several ways; only ours is taken.
      const isOurs = rest.length === 0 && body.toString("base64url") === payload;
      const key = keyring.find(id);
      if (version !== VERSION || !isOurs || !key || body.length < NONCE_BYTES + TAG_BYTES) {
        throw notOpened();
      }
      const tagAt = body.length - TAG_BYTES;
      const nonce = body.subarray(0, NONCE_BYTES);
      const cipher = createDecipheriv("aes-256-gcm", key.secret, nonce, {
        authTagLength: TAG_BYTES,
      });
      cipher.setAAD(Buffer.from(`${VERSION}.${id}.${context}`));
      cipher.setAuthTag(body.subarray(tagAt));
      return parseJson(decrypt(cipher, body.subarray(NONCE_BYTES, tagAt)));
    },
  };
}

function decrypt(cipher: ReturnType<typeof createDecipheriv>, text: Buffer): string {
  try {
    return Buffer.concat([cipher.update(text), cipher.final()]).toString("utf8");
  } catch {
    throw notOpened();
  }
}

/** The same words whatever was wrong: whoever tries learns nothing. */
function notOpened(): TrestleError {
  return new TrestleError(
    "denied",
    "This sealed value is not valid here. Ask for a new one, and bring it back unchanged.",
  );
}
