import { type JsonObject, type RequestContext, TrestleError } from "@trestle/protocol";
import { createCall, createTestClock, outcomeOf, settle, writing } from "./_parts.ts";
import { type CacheParts, createCache } from "./cache.ts";
import { createMemoryCache } from "./cache-memory.ts";
import type { Call } from "./call.ts";

export const down = () => new TrestleError("unavailable", "down", { details: { sent: true } });
export const unhinted = { ...writing, declaredWrite: false };

/** A cache of 10 s before an upstream that answers when told, with the number of the answer. */
export function setUp(parts: Partial<CacheParts> & { readonly maxBytes?: number } = {}) {
  const clock = createTestClock(0);
  const { maxBytes = 1_000_000, ...others } = parts;
  const cache = createCache({
    settingsFor: () => ({ ttlMs: 10_000 }),
    defaults: { ttlMs: 10_000 },
    store: createMemoryCache({ clock, maxBytes }),
    clock,
    ...others,
  });
  const sent: { call: Call; answer(result?: JsonObject): void; fail(error: Error): void }[] = [];
  const start = (call: Call) => {
    const result = outcomeOf(
      cache.policy(call, (flown) => {
        const { promise, resolve, reject } = Promise.withResolvers<JsonObject>();
        const number = sent.length + 1;
        const { signal } = flown.context;
        signal.addEventListener("abort", () => reject(signal.reason as Error));
        flown.trail.attempts += 1;
        sent.push({ call: flown, answer: (given = { number }) => resolve(given), fail: reject });
        return promise;
      }),
    );
    return { call, result };
  };
  /** Runs a call that the upstream answers at once. */
  const run = async (call: Call, answer?: JsonObject) => {
    const before = sent.length;
    const { result } = start(call);
    await settle();
    if (sent.length > before) sent.at(-1)?.answer(answer);
    return result;
  };
  return { clock, cache, sent, start, run };
}

export const read = (context: Partial<RequestContext> = {}, changes: Partial<Call> = {}) =>
  createCall({ ...changes, context });
export const ask = (args: JsonObject, tool = "run", server = "db") =>
  createCall({ server, tool, params: { name: tool, arguments: args } });
export const write = (server = "db") => createCall({ server, hints: writing, tool: "save" });
