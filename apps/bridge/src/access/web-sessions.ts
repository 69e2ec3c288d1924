import { randomBytes } from "node:crypto";
import { isSameSecret, type KeyStore, type Sealer } from "@trestle/access";
import {
  type Clock,
  isJsonObject,
  type JsonObject,
  type Principal,
  TrestleError,
} from "@trestle/protocol";
import { type Migration, openQuietSqlite } from "@trestle/store";
import type { Presented } from "@trestle-mcp/server-kit/serving";
import { type Binding, type BoundPrincipal, toBound } from "./binding.ts";
import type { GoodToken, TokenHolder, Tokens } from "./tokens.ts";

/** A person who has logged in with a key or a token, in a browser that has no business with either itself. */
export interface WebSession {
  readonly id: string;
  readonly principal: Principal;
  /** Epoch milliseconds. */
  readonly expiresAt: number;
  /** To be sent back as `X-CSRF-Token` with whatever changes something. */
  readonly csrf: string;
}

export interface BegunSession {
  readonly session: WebSession;
  /** What the cookie carries. */
  readonly token: string;
}

export interface WebSessions {
  /** Throws `invalid_input` for a caller who presented no key. */
  begin(principal: Principal): BegunSession;
  /** Of a token that was judged good: the session ends with it. */
  beginWith(token: GoodToken): BegunSession;
  /**
   * The session of a cookie, as long as its key or token holds. `forged`: a request that changes something does not
   * bring the token that only pages of ours can read.
   */
  find(
    presented: NonNullable<Presented["session"]>,
    address?: string,
  ): WebSession | "forged" | undefined;
  /** Does what was begun with this cookie go on? A request that ends its own session is answered yet. */
  stands(token: string): WebSession | undefined;
  /** The session of a principal that came with one. */
  of(principal: Principal): WebSession | undefined;
  /** Ends it, also for whoever copied the cookie. */
  end(session: WebSession): Promise<void>;
  close(): Promise<void>;
}

/** A session that was ended before its time. */
export interface EndedSession {
  readonly id: string;
  /** Epoch milliseconds: what is kept of it until then. */
  readonly until: number;
}

/** Of several bridges that are one: what is ended at one is ended at all. */
export interface SharedEnds {
  /** Never rejects. */
  tell(ended: EndedSession): Promise<void>;
  close(): void;
}

export type ShareEnds = (own: {
  all(): readonly EndedSession[];
  learn(ended: readonly EndedSession[]): Promise<void>;
}) => Promise<SharedEnds>;

export interface WebSessionsParts {
  /** Remembers the sessions that were ended before their time. */
  readonly file: string;
  readonly binding: Pick<Binding, "bind" | "check">;
  readonly keys: Pick<KeyStore, "find">;
  readonly tokens: Pick<Tokens, "principalOf">;
  readonly sealer: Sealer;
  readonly fingerprint: (text: string) => string;
  readonly clock: Clock;
  readonly share?: ShareEnds | undefined;
  /** Told when sessions have ended at another bridge. */
  readonly onEnded?: () => void;
}

/** A working day; nobody stays logged in for ever. */
const LIFETIME_MS = 12 * 3_600_000;
/** How long the answer to a logout may take to leave. */
export const END_GRACE_MS = 200;
const SEAL = { context: "web session" };

const migrations: readonly Migration[] = [
  {
    name: "ended sessions",
    sql: "CREATE TABLE ended_session (id TEXT PRIMARY KEY, until INTEGER NOT NULL) STRICT",
  },
];

/** Cookies carry their session sealed, so that nothing is kept of one but that it was ended. */
export async function openWebSessions(parts: WebSessionsParts): Promise<WebSessions> {
  const { file, binding, keys, tokens, sealer, fingerprint, clock } = parts;
  const ended = await openQuietSqlite({ file, migrations, durability: "full", clock });
  const csrfOf = (id: string): string => fingerprint(`csrf of session ${id}`);
  const sessions = new WeakMap<Principal, WebSession>();

  const ending = new Map<string, number>();
  /** Heard of, and not on the disk yet. */
  const learned = new Set<string>();

  function isEnded(id: string, graceMs: number): boolean {
    const since = clock.now() - (ending.get(id) ?? Number.NEGATIVE_INFINITY);
    if (since < graceMs) return false;
    if (learned.has(id)) return true;
    return ended.read("SELECT 1 FROM ended_session WHERE id = ?", [id]).length > 0;
  }

  /** A secret that was replaced ends what was begun with it when its overlap does. */
  function replacedAt(principalId: string, begunAt: number): number {
    const verdict = keys.find(principalId.replace(/^key:/, ""));
    if (!("record" in verdict)) return Number.POSITIVE_INFINITY;
    const { rotatedAt = 0, overlapUntil } = verdict.record;
    const isReplaced = begunAt < rotatedAt || (overlapUntil ?? 0) > clock.now();
    return isReplaced ? (overlapUntil ?? Number.POSITIVE_INFINITY) : Number.POSITIVE_INFINITY;
  }

  function open(token: string, address?: string, graceMs = 0): WebSession | undefined {
    const sealed = openSealed(token, sealer);
    if (!sealed) return undefined;
    const { id, begunAt, expiresAt, bound, holder: byToken } = sealed;
    const until = bound ? Math.min(expiresAt, replacedAt(bound.id, begunAt)) : expiresAt;
    if (until <= clock.now() || isEnded(id, graceMs)) return undefined;
    const holder = bound
      ? checked(() => binding.check(bound))
      : byToken && tokens.principalOf(byToken, until);
    if (!holder) return undefined;
    // One of its own for each request: it is what the session is known by.
    const principal = { ...holder, ...(address !== undefined && { address }) };
    const session = { id, principal, expiresAt: until, csrf: csrfOf(id) };
    sessions.set(principal, session);
    return session;
  }

  /** Seals who it is by their credential, which is looked at anew with each request. */
  function start(principal: Principal, end: number, who: Pick<Sealed, "bound" | "holder">) {
    const now = clock.now();
    const id = randomBytes(16).toString("base64url");
    const expiresAt = Math.min(now + LIFETIME_MS, end);
    const facts = { id, begunAt: now, expiresAt, ...who } as unknown as JsonObject;
    const session = { id, principal, expiresAt, csrf: csrfOf(id) };
    return { session, token: sealer.seal(facts, SEAL) };
  }

  async function keep(all: readonly EndedSession[]): Promise<void> {
    const sql = "INSERT OR REPLACE INTO ended_session (id, until) VALUES (?, ?)";
    await ended.write([
      { sql: "DELETE FROM ended_session WHERE until <= ?", params: [clock.now()] },
      ...all.map(({ id, until }) => ({ sql, params: [id, until] })),
    ]);
  }

  const shared = await parts.share?.({
    all: () =>
      ended
        .read("SELECT id, until FROM ended_session WHERE until > ?", [clock.now()])
        .map(({ id, until }) => ({ id: String(id), until: Number(until) })),
    async learn(all) {
      const news = all.filter(({ id }) => !isEnded(id, 0));
      if (news.length === 0) return;
      for (const { id } of news) learned.add(id);
      parts.onEnded?.();
      await keep(news);
      for (const { id } of news) learned.delete(id);
    },
  });

  return {
    begin(principal) {
      refuseWithoutKey(principal, sessions);
      // Without its scopes: those that its key has at each time are the ones that count.
      const bound = binding.bind({ id: principal.id, kind: principal.kind });
      return start(principal, replacedAt(principal.id, clock.now()), { bound });
    },
    beginWith: ({ principal, holder, expiresAt }) => start(principal, expiresAt, { holder }),
    find({ token, csrf, isRead }, address) {
      const session = open(token, address);
      if (!session || isRead) return session;
      return csrf !== undefined && isSameSecret(csrf, session.csrf) ? session : "forged";
    },
    stands: (token) => open(token, undefined, END_GRACE_MS),
    of: (principal) => sessions.get(principal),
    async end({ id, expiresAt }) {
      ending.set(id, clock.now());
      clock.after(END_GRACE_MS, () => void ending.delete(id));
      const until = Math.min(expiresAt, clock.now() + LIFETIME_MS);
      await keep([{ id, until }]);
      // The answer is to leave before what the session has open is cut off: others are told beside it.
      void shared?.tell({ id, until });
    },
    async close() {
      shared?.close();
      await ended.close();
    },
  };
}

interface Sealed {
  readonly id: string;
  readonly begunAt: number;
  readonly expiresAt: number;
  /** One of the two: by a key, or by a token as good as it was. */
  readonly bound?: BoundPrincipal;
  readonly holder?: TokenHolder;
}

function openSealed(token: string, sealer: Sealer): Sealed | undefined {
  const facts = checked(() => sealer.open(token, SEAL));
  if (!isJsonObject(facts)) return undefined;
  const { id, begunAt, expiresAt, bound, holder } = facts;
  return {
    id: String(id),
    begunAt: Number(begunAt),
    expiresAt: Number(expiresAt),
    ...(isJsonObject(bound) && { bound: toBound(bound) }),
    // Whoever could seal it wrote it right.
    ...(isJsonObject(holder) && { holder: holder as unknown as TokenHolder }),
  };
}

/** A cookie that is not ours, and a key that is gone, are no session. */
function checked<Value>(work: () => Value): Value | undefined {
  try {
    return work();
  } catch {
    return undefined;
  }
}

/** Nor may a session make the next one: then it would never end. */
function refuseWithoutKey(principal: Principal, sessions: WeakMap<Principal, WebSession>): void {
  const hasKey = principal.kind === "key" || principal.kind === "admin";
  if (hasKey && !sessions.has(principal)) return;
  throw new TrestleError(
    "invalid_input",
    "Log in with a key of this bridge: send it as X-API-Key, or as Authorization: Bearer KEY.",
  );
}
