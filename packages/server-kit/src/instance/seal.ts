import { createHmac, randomBytes, timingSafeEqual } from "node:crypto";
import { linkSync, mkdirSync, readFileSync, unlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Clock } from "@trestle/protocol";
import { canonicalJson } from "@trestle/protocol";

/** What a sealed state is valid for; anything else opens nothing. */
export interface SealBinding {
  readonly principal: string;
  readonly method: string;
  readonly name: string;
  readonly argumentsDigest: string;
}

/** Gives a caller something to bring back that it can read but not change, nor use elsewhere or later. */
export interface Seal {
  close(state: string, binding: SealBinding): Promise<string>;
  /** Undefined where the seal is not ours, not for this request, or too old. */
  open(sealed: string, binding: SealBinding): Promise<string | undefined>;
}

const VALID_MS = 10 * 60_000;

/** Sealing by HMAC-SHA256. The key is made when first needed. */
export function createSeal(key: () => Buffer, clock: Clock): Seal {
  let kept: Buffer | undefined;

  function sign(payload: string, binding: SealBinding): Buffer {
    kept ??= key();
    return createHmac("sha256", kept)
      .update(`${payload}.${canonicalJson({ ...binding })}`)
      .digest();
  }

  return {
    async close(state, binding) {
      const expires = clock.now() + VALID_MS;
      const payload = Buffer.from(JSON.stringify({ state, expires })).toString("base64url");
      return `${payload}.${sign(payload, binding).toString("base64url")}`;
    },
    async open(sealed, binding) {
      const [payload = "", mac = "", ...rest] = sealed.split(".");
      const given = Buffer.from(mac, "base64url");
      const expected = sign(payload, binding);
      if (rest.length > 0 || given.length !== expected.length) return undefined;
      if (!timingSafeEqual(given, expected)) return undefined;
      const { state, expires } = JSON.parse(Buffer.from(payload, "base64url").toString("utf8"));
      return expires > clock.now() ? state : undefined;
    },
  };
}

/** The key of a data folder, shared by all processes on it; a random one where nothing can be written. */
export function loadSealKey(dataDir: string): Buffer {
  const file = join(dataDir, "seal.key");
  try {
    return readKey(file) ?? createKey(dataDir, file);
  } catch {
    return randomBytes(32);
  }
}

function readKey(file: string): Buffer | undefined {
  try {
    const key = Buffer.from(readFileSync(file, "utf8").trim(), "base64");
    return key.length === 32 ? key : undefined;
  } catch {
    return undefined;
  }
}

/** Written aside and linked in place: whoever comes first wins, and nobody reads half a key. */
function createKey(dataDir: string, file: string): Buffer {
  mkdirSync(dataDir, { recursive: true, mode: 0o700 });
  const draft = `${file}.${randomBytes(6).toString("hex")}`;
  writeFileSync(draft, randomBytes(32).toString("base64"), { mode: 0o600, flag: "wx" });
  try {
    linkSync(draft, file);
  } catch {
    // Another process was first: its key is the key.
  } finally {
    unlinkSync(draft);
  }
  const key = readKey(file);
  if (key === undefined) throw new Error(`${file} holds no key.`);
  return key;
}
