import { type Clock, type JsonObject, parseJson } from "@trestle/protocol";
import { createFlights, type Flight, type Joined } from "./cache-flights.ts";
import { cacheKeyOf, isPlainRequest } from "./cache-key.ts";
import type { CacheEntry, CacheKey, CacheScope, CacheStore } from "./cache-store.ts";
import { type Call, type Next, newTrail, note, type Policy } from "./call.ts";
import { isEffectUnknown, isTransient } from "./faults.ts";

export interface CacheSettings {
  readonly ttlMs: number;
  /** An answer this much too old is given at once, and a new one fetched behind it. */
  readonly staleWhileRevalidateMs?: number;
  /** An answer this much too old is given where the upstream fails. */
  readonly staleOnErrorMs?: number;
}

export interface CacheParts {
  /** Undefined for what is not to be cached. Asked for read-only tools only. */
  readonly settingsFor: (call: Call) => CacheSettings | undefined;
  /** For what is cached by its caller's word alone. */
  readonly defaults?: CacheSettings;
  readonly store: CacheStore;
  readonly clock: Clock;
  /** How long nothing is stored after a write of unknown outcome, which may still take effect. */
  readonly unsettledMs?: number;
}

export interface CacheStats {
  readonly enabled: boolean;
  readonly hits: number;
  readonly misses: number;
  /** Answers that were too old, as the settings allow. */
  readonly stale: number;
  /** Calls that waited for another's answer. */
  readonly shared: number;
  readonly entries: number;
  readonly bytes: number;
}

export interface Cache {
  readonly policy: Policy;
  stats(): Promise<CacheStats>;
  /** Drops the entries of a server, of one tool, or all, and returns how many there were. */
  clear(scope?: CacheScope): Promise<number>;
  setEnabled(enabled: boolean): void;
}

export const DEFAULT_CACHE: CacheSettings = { ttlMs: 300_000 };
const UNSETTLED_MS = 30_000;

/**
 * Answers repeated reads from memory, each principal from their own. A write begins a new generation of
 * its server before it is sent and after its outcome; an answer is stored only if the generation in
 * which it was asked for still holds.
 */
export function createCache(parts: CacheParts): Cache {
  const { settingsFor, defaults = DEFAULT_CACHE, store, clock } = parts;
  const { unsettledMs = UNSETTLED_MS } = parts;
  const flights = createFlights(clock);
  const counts = { hits: 0, misses: 0, stale: 0, shared: 0 };
  let enabled = true;

  const policy: Policy = function cache(call, next) {
    const settings = settingsOf(call);
    return settings === undefined ? passBy(call, next) : find(call, next, settings);
  };

  async function find(call: Call, next: Next, settings: CacheSettings): Promise<JsonObject> {
    const key = cacheKeyOf(call);
    const found = await store.get(key);
    const age = found === undefined ? Number.POSITIVE_INFINITY : clock.now() - found.askedAt;
    const ttlMs = Math.min(found?.ttlMs ?? 0, settings.ttlMs);
    const read: Read = { key, settings, next };
    if (found !== undefined && age < ttlMs) return answer(call, found, "hit");
    if (found !== undefined && age < ttlMs + (settings.staleWhileRevalidateMs ?? 0)) {
      refresh(call, read);
      return answer(call, found, "stale");
    }
    return fetch(call, read);
  }

  function settingsOf(call: Call): CacheSettings | undefined {
    const { control, hints } = call;
    if (!enabled || control?.useCache === false || !isPlainRequest(call)) return undefined;
    const listed = hints.readOnly ? settingsFor(call) : undefined;
    const asked = control?.useCache === true && hints.declaredWrite !== true;
    const settings = listed ?? (asked ? byWord(hints, defaults) : undefined);
    if (settings === undefined || control?.cacheTtlMs === undefined) return settings;
    return { ...settings, ttlMs: control.cacheTtlMs };
  }

  function answer(call: Call, { text }: CacheEntry, how: "hit" | "stale"): JsonObject {
    counts[how === "hit" ? "hits" : "stale"] += 1;
    call.trail.cached = true;
    note(call, "cache", how);
    return parseJson(text) as JsonObject;
  }

  async function fetch(call: Call, read: Read): Promise<JsonObject> {
    const { key, settings } = read;
    const generation = await store.generation(call.server);
    try {
      const joined = flights.join(key.digest, generation, call);
      if (joined !== undefined) return await shared(call, joined, read.next);
      counts.misses += 1;
      note(call, "cache", "miss");
      return await flights.start(key.digest, call, (flown, flight) => fill(flown, flight, read));
    } catch (error) {
      const late = staleOnError(settings, error) ? await store.get(key) : undefined;
      if (late === undefined || !isRecent(late, settings)) throw error;
      return answer(call, late, "stale");
    }
  }

  async function shared(call: Call, { answer, leader }: Joined, next: Next): Promise<JsonObject> {
    note(call, "cache", "shared");
    const result = await answer;
    // A question to the user is each caller's own.
    if (!isComplete(result)) return passBy(call, next);
    counts.shared += 1;
    const { fallbackUsed } = leader.trail;
    call.trail.fallbackUsed = fallbackUsed;
    call.trail.cached = !fallbackUsed;
    return result;
  }

  function refresh(call: Call, read: Read): void {
    const behind = { ...call, trail: newTrail() };
    flights.refresh(read.key.digest, behind, (flown, flight) => fill(flown, flight, read));
  }

  /** Where several processes share the store, one of them asks. */
  async function fill(call: Call, flight: Flight, read: Read): Promise<JsonObject> {
    const lead = call.hints.readOnly ? await store.lead?.(read.key) : undefined;
    if (lead === undefined) return askAndStore(call, flight, read);
    if (lead.kind === "elsewhere") {
      const entry = await lead.entry;
      if (entry === undefined) return askAndStore(call, flight, read);
      counts.shared += 1;
      call.trail.cached = true;
      note(call, "cache", "shared");
      return parseJson(entry.text) as JsonObject;
    }
    try {
      return await askAndStore(call, flight, read);
    } finally {
      lead.end();
    }
  }

  /** Asks the upstream and stores the answer, if it may be stored and its generation still holds. */
  async function askAndStore(call: Call, flight: Flight, { key, settings, next }: Read) {
    const askedAt = clock.now();
    const { readOnly } = call.hints;
    flight.generation = await (readOnly ? store.generation(call.server) : store.bump(call.server));
    let generation = flight.generation;
    let result: JsonObject;
    try {
      result = await next(call);
    } catch (error) {
      if (!readOnly) await settle(call, error);
      throw error;
    }
    // Cached by its caller's word, it may be a write for everybody else: theirs are dropped, its own stays.
    if (!readOnly) generation = await store.bump(call.server);
    const held = readOnly || generation === flight.generation + 1;
    if (held && !flight.discarded && isStorable(result, call)) {
      const { ttlMs, staleWhileRevalidateMs = 0, staleOnErrorMs = 0 } = settings;
      const dropAt = askedAt + ttlMs + Math.max(staleWhileRevalidateMs, staleOnErrorMs);
      await store.put(key, { text: JSON.stringify(result), askedAt, ttlMs, dropAt }, generation);
    }
    return result;
  }

  function passBy(call: Call, next: Next): Promise<JsonObject> {
    return call.hints.readOnly ? next(call) : write(call, next);
  }

  async function write(call: Call, next: Next): Promise<JsonObject> {
    await store.bump(call.server);
    let result: JsonObject;
    try {
      result = await next(call);
    } catch (error) {
      await settle(call, error);
      throw error;
    }
    await store.bump(call.server);
    return result;
  }

  /** After a failed write. Where it may still be at work, nothing read for a while is sure to stay true. */
  async function settle(call: Call, error: unknown): Promise<void> {
    const unsettled = isEffectUnknown(call, error) ? clock.now() + unsettledMs : undefined;
    await store.bump(call.server, unsettled);
  }

  function isRecent({ askedAt, ttlMs }: CacheEntry, settings: CacheSettings): boolean {
    const oldest = Math.min(ttlMs, settings.ttlMs) + (settings.staleOnErrorMs ?? 0);
    return clock.now() - askedAt < oldest;
  }

  return {
    policy,
    stats: async () => ({ enabled, ...counts, ...(await store.stats()) }),
    async clear(scope = {}) {
      flights.discard(scope);
      return store.clear(scope);
    },
    setEnabled(value) {
      enabled = value;
    },
  };
}

interface Read {
  readonly key: CacheKey;
  readonly settings: CacheSettings;
  readonly next: Next;
}

/** What may write is not done behind anybody's back, and what came of it is not guessed. */
function byWord({ readOnly }: Call["hints"], defaults: CacheSettings): CacheSettings {
  return readOnly ? defaults : { ttlMs: defaults.ttlMs };
}

function staleOnError({ staleOnErrorMs }: CacheSettings, error: unknown): boolean {
  return staleOnErrorMs !== undefined && isTransient(error);
}

/** A failure, a stand-in and a question to the user are good for one request only. */
function isStorable(result: JsonObject, { trail }: Call): boolean {
  return result.isError !== true && !trail.fallbackUsed && isComplete(result);
}

function isComplete({ resultType }: JsonObject): boolean {
  return (resultType ?? "complete") === "complete";
}
