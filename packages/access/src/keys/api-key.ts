import { createHash, randomBytes, timingSafeEqual } from "node:crypto";

/** An API key taken apart: `trestle_<id>_<secret>`. The id may be shown and logged, the secret never. */
export interface ApiKey {
  readonly id: string;
  readonly text: string;
  /** What is stored: SHA-256, enough for a secret of 256 random bits. */
  readonly hash: Buffer;
}

const form = /^trestle_([0-9a-f]{12})_[A-Za-z0-9_-]{43}$/;

/** A new secret, of a new key or for the one with this id. */
export function createApiKey(id: string = randomBytes(6).toString("hex")): ApiKey {
  const text = `trestle_${id}_${createSecret()}`;
  return { id, text, hash: hashSecret(text) };
}

/** Undefined where the text cannot be one of our keys. */
export function parseApiKey(text: string): ApiKey | undefined {
  const id = form.exec(text)?.[1];
  return id === undefined ? undefined : { id, text, hash: hashSecret(text) };
}

/** 256 random bits as base64url. */
export function createSecret(): string {
  return randomBytes(32).toString("base64url");
}

function hashSecret(text: string): Buffer {
  return createHash("sha256").update(text).digest();
}

/** Compares in a time that tells nothing of the secret, neither its characters nor its length. */
export function isSameSecret(given: string, expected: string): boolean {
  return timingSafeEqual(hashSecret(given), hashSecret(expected));
}
