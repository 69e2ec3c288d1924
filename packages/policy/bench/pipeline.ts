/** What the policies cost: microseconds of CPU a call, in front of an upstream that answers at once. */
import {
  attempt,
  authorize,
  type Call,
  compose,
  createBreaker,
  createBulkhead,
  createCache,
  createLastGood,
  createMemoryCache,
  createMemoryLimits,
  createRedact,
  createRetryBudget,
  DEFAULT_BREAKER,
  DEFAULT_CACHE,
  DEFAULT_LAST_GOOD,
  DEFAULT_RETRY,
  fallback,
  limit,
  type Next,
  newTrail,
  type Policy,
  record,
  retry,
  timeout,
} from "@trestle/policy";
import { systemClock as clock, LOCAL_PRINCIPAL, MODERN_VERSION } from "@trestle/protocol";

const CALLS = 50_000;
const RUNS = 7;
const unlimited = { calls: 1e12, windowMs: 60_000 };
const client = { era: "modern", protocolVersion: MODERN_VERSION, capabilities: {} } as const;
const { signal } = new AbortController();
const reads = { readOnly: true, destructive: false, idempotent: true, openWorld: false };
const writes = { readOnly: false, destructive: true, idempotent: false, openWorld: true };

const policies: Readonly<Record<string, Policy>> = {
  record: record({
    history: { started: async () => {}, finished: () => {} },
    metrics: { observe: () => {} },
    publish: () => {},
    clock,
    fineNow: () => performance.now(),
    redact: createRedact(),
  }),
  authorize: authorize({ allows: () => true }),
  limit: limit({
    settingsFor: () => ({ principal: unlimited, server: unlimited, tool: unlimited }),
    store: createMemoryLimits(clock),
    clock,
  }),
  cache: createCache({
    settingsFor: ({ tool }) => (tool === "cached" ? DEFAULT_CACHE : undefined),
    store: createMemoryCache({ clock, maxBytes: 64 * 1024 * 1024 }),
    clock,
  }).policy,
  fallback: fallback({
    settingsFor: () => [{ kind: "review", message: "Decide." }],
    reenter: async () => ({}),
    lastGood: createLastGood({ clock, ...DEFAULT_LAST_GOOD }),
    review: async () => "r1",
    notify: () => {},
  }),
  retry: retry({
    settingsFor: () => DEFAULT_RETRY,
    clock,
    random: Math.random,
    budget: createRetryBudget(clock),
  }),
  breaker: createBreaker({ settingsFor: () => DEFAULT_BREAKER, clock }).policy,
  bulkhead: createBulkhead({ settingsFor: () => ({ concurrency: 64, queue: 256 }), clock }).policy,
  timeout: timeout(() => ({ attemptMs: 30_000, maxMs: 120_000 }), clock),
  attempt,
};

const answer = { content: [{ type: "text", text: "echo" }] };
const send: Next = async (call) => {
  call.trail.attempts += 1;
  return answer;
};

function callOf(number: number, tool: string): Call {
  return {
    executionId: "e1",
    server: "db",
    tool,
    definitionHash: "hash",
    hints: tool === "write" ? writes : reads,
    params: { name: tool, arguments: { query: "select 1", number } },
    context: { principal: LOCAL_PRINCIPAL, signal, deadline: clock.now() + 150_000, client },
    trail: newTrail(),
  };
}

/** The median of several runs, in microseconds a call. */
async function measure(run: Next, toCall: (number: number) => Call): Promise<number> {
  const times: number[] = [];
  let calls = 0;
  for (let round = 0; round <= RUNS; round += 1) {
    const started = process.cpuUsage();
    for (let number = 0; number < CALLS; number += 1) await run(toCall(calls++));
    const { user, system } = process.cpuUsage(started);
    times.push((user + system) / CALLS);
  }
  return times.slice(1).toSorted((a, b) => a - b)[RUNS >> 1] ?? 0;
}

function print(what: string, microseconds: number): void {
  process.stdout.write(`${what.padEnd(28)} ${microseconds.toFixed(2).padStart(6)} µs\n`);
}

const whole = compose(Object.values(policies), send);
const bare = await measure(send, (number) => callOf(number, "get"));
print("no policy", bare);
for (const [name, policy] of Object.entries(policies)) {
  const alone = await measure(compose([policy], send), (number) => callOf(number, "get"));
  print(`${name} adds`, alone - bare);
}
print("all, uncacheable read", await measure(whole, (number) => callOf(number, "get")));
print("all, write", await measure(whole, (number) => callOf(number, "write")));
print("all, cache hit", await measure(whole, () => callOf(1, "cached")));
print("all, cache miss and fill", await measure(whole, (number) => callOf(number, "cached")));
