import {
  authorize,
  type Call,
  compose,
  createBreaker,
  createBulkhead,
  createCache,
  createLastGood,
  createMemoryCache,
  createMemoryLimits,
  createRetryBudget,
  DEFAULT_BREAKER,
  DEFAULT_RETRY,
  type FallbackStep,
  fallback,
  type HistoryRow,
  limit,
  type Next,
  newTrail,
  record,
  retry,
  type StandIn,
  timeout,
} from "@trestle/policy";
import {
  isJsonObject,
  type JsonObject,
  type Principal,
  TRESTLE_META,
  TrestleError,
} from "@trestle/protocol";
import { describe, expect, test } from "vitest";
import { createCall, createTestClock, outcomeOf, pass, settle, writing } from "../src/_parts.ts";
import { createRandom, roundsAndSeed } from "../src/_random.ts";

const ann: Principal = { id: "ann", kind: "key" };
const down = () => new TrestleError("unavailable", "It is down.", { details: { sent: false } });
const died = () => new TrestleError("outcome_unknown", "It died.", { details: { sent: true } });
const MINUTE = 60_000;

interface SetUp {
  /** What the upstream does with its first, second, … request; after these it answers. */
  readonly script?: readonly (Error | JsonObject | "silence")[];
  readonly steps?: (call: Call) => readonly FallbackStep[];
  readonly denied?: readonly string[];
  readonly calls?: number;
}

/** All policies in their order, in front of one upstream. */
function setUp({ script = [], steps = () => [], denied = [], calls = 1_000 }: SetUp = {}) {
  const clock = createTestClock(0);
  const rows: HistoryRow[] = [];
  const sent: string[] = [];
  const breaker = createBreaker({ settingsFor: () => DEFAULT_BREAKER, clock });
  const bulkhead = createBulkhead({ settingsFor: () => ({ concurrency: 4, queue: 8 }), clock });
  const cache = createCache({
    settingsFor: ({ tool }) => (tool === "list" ? { ttlMs: 5 * MINUTE } : undefined),
    store: createMemoryCache({ clock, maxBytes: 1_000_000 }),
    clock,
  });
  const send: Next = async (call) => {
    call.trail.attempts += 1;
    const step = script[sent.length];
    sent.push(`${call.server}.${call.tool}`);
    if (step instanceof Error) throw step;
    if (step === "silence") await new Promise(() => {});
    return isJsonObject(step) ? step : { content: [], number: sent.length };
  };
  const inner = [
    authorize({ allows: (_principal, { server }) => !denied.includes(server) }),
    limit({
      settingsFor: () => ({ principal: { calls, windowMs: MINUTE } }),
      store: createMemoryLimits(clock),
      clock,
    }),
    cache.policy,
    fallback({
      settingsFor: steps,
      reenter: (standIn) => pipeline(callOf(standIn)),
      lastGood: createLastGood({ clock, maxBytes: 100_000, maxAgeMs: 10 * MINUTE }),
      review: async () => "r1",
      notify: () => {},
    }),
    retry({
      settingsFor: () => DEFAULT_RETRY,
      clock,
      random: () => 0.5,
      budget: createRetryBudget(clock),
    }),
    breaker.policy,
    bulkhead.policy,
    timeout(() => ({ attemptMs: 30_000, maxMs: 120_000 }), clock),
  ];
  const history = { started: async () => {}, finished: (row: HistoryRow) => void rows.push(row) };
  const outermost = record({ history, clock, redact: (args) => args });
  const pipeline = compose([outermost, ...inner], send);
  const run = (call: Call) => outcomeOf(pipeline(call));
  return { clock, rows, sent, breaker, cache, run };
}

function callOf({ server, tool, arguments: args, original, fallbackFrom }: StandIn): Call {
  return createCall({
    executionId: `${original.executionId}-${server}`,
    server,
    tool,
    params: { name: tool, arguments: args },
    context: original.context,
    parentExecutionId: original.executionId,
    fallbackFrom,
    trail: newTrail(),
  });
}

const call = (changes: Partial<Call> = {}) =>
  createCall({ tool: "get", ...changes, context: { principal: ann, deadline: 150_000 } });
const write = () => call({ tool: "save", hints: writing });

function factsOf(result: unknown): JsonObject {
  const meta = isJsonObject(result) ? result._meta : undefined;
  return (isJsonObject(meta) ? meta[TRESTLE_META.call] : undefined) as JsonObject;
}

function decisions(row: HistoryRow | undefined): string[] {
  return (row?.stages ?? []).map(({ policy, decision }) => `${policy}: ${decision}`);
}

test("a call leaves on its row what every policy decided, in the order they have", async () => {
  const { run, rows } = setUp();
  const result = await run(call());
  expect(decisions(rows[0])).toEqual([
    "authorize: allowed",
    "limit: within",
    "breaker: closed",
    "bulkhead: free",
    "timeout: answered",
    "retry: answered",
  ]);
  expect(factsOf(result)).toMatchObject({
    cached: false,
    retry_count: 0,
    fallback_used: false,
    rate_limit: { limit: 1_000, remaining: 999, reset: MINUTE },
  });
});

test("a denied call costs none of the caller's limit, and reaches nothing", async () => {
  const { run, rows, sent } = setUp({ denied: ["db"], calls: 1 });
  for (let round = 0; round < 3; round += 1) {
    expect(await run(call())).toMatchObject({ error: { code: "denied" } });
  }
  expect(sent).toEqual([]);
  expect(decisions(rows[2])).toEqual(["authorize: denied"]);
});

test("an answer from the cache passes authorize and limit, and nothing else", async () => {
  const { run, rows, sent } = setUp({ calls: 2 });
  await run(call({ tool: "list" }));
  expect(factsOf(await run(call({ tool: "list" })))).toMatchObject({ cached: true });
  expect(decisions(rows[1])).toEqual(["authorize: allowed", "limit: within", "cache: hit"]);
  expect(await run(call({ tool: "list" }))).toMatchObject({ error: { code: "rate_limited" } });
  expect(sent).toEqual(["db.list"]);
});

describe("a failing upstream", () => {
  test("is tried again, and the answer tells how often", async () => {
    const { clock, run, rows } = setUp({ script: [died(), "silence"] });
    const result = run(call());
    await pass(clock, 40_000, 500);
    expect(factsOf(await result)).toMatchObject({ retry_count: 2, fallback_used: false });
    expect(rows[0]).toMatchObject({ outcome: "success", attempts: 3 });
    expect(decisions(rows[0])).toEqual(
      expect.arrayContaining(["retry: again after outcome_unknown", "timeout: expired"]),
    );
  });

  test("is stood in for when the retries are used up, and that answer is not cached", async () => {
    const script = Array.from({ length: 4 }, down);
    const replica: FallbackStep = { kind: "tool", server: "db-2" };
    const steps = ({ server }: Call) => (server === "db" ? [replica] : []);
    const { clock, run, rows, sent } = setUp({ script, steps });
    const result = run(call({ tool: "list" }));
    await pass(clock, 20_000, 500);
    expect(factsOf(await result)).toMatchObject({ fallback_used: true });
    expect(sent.slice(3)).toEqual(["db.list", "db-2.list"]);
    expect(rows.map(({ server, parentExecutionId }) => [server, parentExecutionId])).toEqual([
      ["db-2", "e1"],
      ["db", undefined],
    ]);
    await run(call({ tool: "list" }));
    expect(sent.at(-1)).toBe("db.list");
  });

  test("that is cut off is not waited for: the last good answer comes at once", async () => {
    const failures = Array.from({ length: 8 }, died);
    const steps = (): FallbackStep[] => [{ kind: "last_good", maxAgeMs: 5 * MINUTE }];
    const { clock, run, sent, breaker } = setUp({ script: [{ content: [] }, ...failures], steps });
    await run(call());
    for (let round = 0; round < 2; round += 1) {
      const result = run(call());
      await pass(clock, 20_000, 500);
      expect(factsOf(await result)).toMatchObject({ fallback_used: true });
    }
    expect(breaker.state("db", "get")).toBe("open");
    const before = sent.length;
    expect(factsOf(await run(call()))).toMatchObject({ fallback_used: true, duration_ms: 0 });
    expect(sent).toHaveLength(before);
  });

  test("may not be asked for the same write twice, nor may another", async () => {
    const replica: FallbackStep = { kind: "tool", server: "db-2" };
    const { clock, run, rows, sent } = setUp({ script: ["silence"], steps: () => [replica] });
    const result = run(write());
    await pass(clock, 40_000, 1_000);
    expect(await result).toMatchObject({ error: { code: "outcome_unknown" } });
    expect(sent).toEqual(["db.save"]);
    expect(rows).toMatchObject([{ outcome: "outcome_unknown", attempts: 1 }]);
  });
});

test("no attempt begins after the deadline", async () => {
  const { clock, run, sent } = setUp({
    script: Array.from({ length: 9 }, () => "silence" as const),
  });
  const result = run(createCall({ tool: "get", context: { principal: ann, deadline: 33_000 } }));
  await pass(clock, 33_000, 500);
  expect(await result).toMatchObject({ error: { code: "timeout" } });
  expect(sent).toHaveLength(2);
  expect(clock.now()).toBe(33_000);
});

test("callers beyond the cap wait their turn, and none is lost", async () => {
  const { run, rows, sent } = setUp();
  const results = Array.from({ length: 12 }, () => run(call()));
  expect((await Promise.all(results)).every((result) => "content" in result)).toBe(true);
  const refused = Array.from({ length: 20 }, () => run(call()));
  await settle();
  const codes = (await Promise.all(refused)).filter((result) => "error" in result);
  expect(sent).toHaveLength(12 + 20 - codes.length);
  expect(rows).toHaveLength(32);
});

test("nothing is left armed when all is done", async () => {
  const { clock, run } = setUp({ script: [down(), died()] });
  const results = [run(call()), run(call({ tool: "list" })), run(write())];
  await pass(clock, 20_000, 250);
  await Promise.all(results);
  expect(clock.armed()).toBe(0);
});

test("of reads from an upstream that fails one time in ten, nearly all succeed", async () => {
  const { rounds, seed } = roundsAndSeed(150);
  const random = createRandom(seed);
  const busy = () =>
    new TrestleError("unavailable", "Busy.", { details: { sent: true, status: 503 } });
  const faults = [down, died, busy];
  const script = Array.from({ length: rounds * 50 }, () =>
    random.chance(0.1) ? random.pick(faults)() : { content: [] },
  );
  const { clock, run, sent, rows } = setUp({ script, calls: 1e9 });
  for (let round = 0; round < rounds; round += 1) {
    const batch = Array.from({ length: 12 }, () => {
      const deadline = clock.now() + 150_000;
      return run(
        createCall({ tool: `t${random.below(20)}`, context: { principal: ann, deadline } }),
      );
    });
    await pass(clock, 9_000, 300);
    await Promise.all(batch);
  }
  const failed = rows.filter(({ outcome }) => outcome !== "success");
  expect(failed.length / rows.length, `SEED=${seed}`).toBeLessThanOrEqual(0.02);
  // Repeating what failed is not calling everything twice.
  expect(sent.length / rows.length).toBeLessThan(1.25);
});
