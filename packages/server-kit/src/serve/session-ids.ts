import { randomUUID } from "node:crypto";
import { type Clock, isJsonObject, type JsonObject } from "@trestle/protocol";

/** Puts what a session is made of into its id, so that only whoever holds the key can read or make one. */
export interface SessionSeal {
  /** Undefined where there is no key to be had now. */
  seal(facts: JsonObject): string | undefined;
  /** Undefined where it is not ours, or was changed. */
  open(id: string): JsonObject | undefined;
}

/** What a session can be opened with again. */
export interface SealedSession {
  readonly principal: string;
  /** The raw `initialize` params. */
  readonly opening: JsonObject;
}

/** How sessions are called, and what an id tells whoever has forgotten the session. */
export interface SessionIds {
  issue(session: SealedSession): string;
  /** The session behind an id, of this process or of an earlier one. */
  read(id: string): SealedSession | undefined;
  /** The client has closed it: its id opens nothing any more. */
  end(id: string): void;
}

/** Ids travel in a header of every request. */
const MAX_ID_BYTES = 1024;
const VALID_MS = 7 * 24 * 3_600_000;
/** Ids of sessions that were closed, as far as memory allows. */
const MAX_ENDED = 10_000;

/** Without a seal, or where the client says too much of itself, an id tells nothing. */
export function createSessionIds(seal: SessionSeal | undefined, clock: Clock): SessionIds {
  const ended = new Set<string>();
  return {
    issue(session) {
      const id = seal?.seal({ ...session, expires: clock.now() + VALID_MS });
      return id === undefined || id.length > MAX_ID_BYTES ? randomUUID() : id;
    },
    read(id) {
      const facts = ended.has(id) || id.length > MAX_ID_BYTES ? undefined : seal?.open(id);
      if (!facts || Number(facts.expires) <= clock.now()) return undefined;
      const { principal, opening } = facts;
      return isJsonObject(opening) ? { principal: String(principal), opening } : undefined;
    },
    end(id) {
      if (!seal) return;
      ended.add(id);
      for (const oldest of ended) {
        if (ended.size <= MAX_ENDED) break;
        ended.delete(oldest);
      }
    },
  };
}
