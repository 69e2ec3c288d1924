import { createHash, timingSafeEqual } from "node:crypto";
import { LOCAL_PRINCIPAL, type Principal } from "@trestle/protocol";
import type { Authenticate } from "./authenticate.ts";

/** With a key configured, whoever presents it may call; without one, anybody who could reach us. */
export function createBearer(key: string | undefined): Authenticate {
  if (key === undefined) return () => LOCAL_PRINCIPAL;
  // Digests are of one length, so that comparing tells nothing of the key's.
  const expected = digest(key);
  const principal: Principal = { id: `key:${expected.toString("hex", 0, 6)}`, kind: "key" };

  return ({ bearer, apiKey = bearer }) => {
    if (apiKey === undefined) {
      const message =
        "Send the key of this server as Authorization: Bearer KEY, or as X-API-Key: KEY";
      return { refused: "missing", message };
    }
    if (timingSafeEqual(digest(apiKey), expected)) return principal;
    return { refused: "invalid", message: "This is not the key of this server" };
  };
}

function digest(key: string): Buffer {
  return createHash("sha256").update(key).digest();
}
