import { RPC, RpcError, TRESTLE_META, TrestleError } from "@trestle/protocol";
import { describe, expect, test } from "vitest";
import { createCall, createTestClock, outcomeOf, writing } from "./_parts.ts";
import type { Call } from "./call.ts";
import { type FallbackParts, fallback, type StandIn } from "./fallback.ts";
import type { FailedCall } from "./fallback-failure.ts";
import { FALLBACK_PRESETS, type FallbackStep } from "./fallback-steps.ts";
import { createLastGood } from "./last-good.ts";
import { createRedact } from "./redact.ts";

const down = () => new TrestleError("unavailable", "It is down.", { details: { sent: false } });
const unknown = () => new TrestleError("outcome_unknown", "It died.", { details: { sent: true } });
const replica: FallbackStep = { kind: "tool", server: "db-2" };
const fixed: FallbackStep = { kind: "static", result: { content: [], structuredContent: {} } };
const stale: FallbackStep = { kind: "last_good", maxAgeMs: 60_000 };
const review: FallbackStep = { kind: "review", message: "Decide." };
const told: FallbackStep = { kind: "notify", level: "alert", message: "Look." };

function setUp(steps: readonly FallbackStep[], parts: Partial<FallbackParts> = {}) {
  const clock = createTestClock();
  const standIns: StandIn[] = [];
  const reviewed: FailedCall[] = [];
  const notified: FailedCall[] = [];
  const policy = fallback({
    settingsFor: () => steps,
    reenter: async (standIn) => {
      standIns.push(standIn);
      return { content: [], from: standIn.server };
    },
    lastGood: createLastGood({ clock, maxBytes: 100_000, maxAgeMs: 3_600_000 }),
    review: async (failed) => `r${reviewed.push(failed)}`,
    notify: (failed) => void notified.push(failed),
    ...parts,
  });
  const run = (call: Call, answer: Error | object) =>
    outcomeOf(
      policy(call, async () => {
        if (answer instanceof Error) throw answer;
        return answer as never;
      }),
    );
  return { clock, run, standIns, reviewed, notified };
}

const write = () => createCall({ hints: writing, params: { name: "run", arguments: { id: 7 } } });

test("an answer of the tool needs no fallback", async () => {
  const { run, standIns, notified } = setUp([told, replica, fixed]);
  const call = createCall();
  expect(await run(call, { isError: true })).toEqual({ isError: true });
  expect([standIns, notified]).toEqual([[], []]);
  expect(call.trail.fallbackUsed).toBe(false);
});

test.each([
  ["a denial", new TrestleError("denied", "no")],
  ["a mistake of the caller", new RpcError(RPC.invalidParams, "no")],
  ["a cancelled call", new TrestleError("cancelled", "enough")],
])("%s is told as it is", async (_what, error) => {
  const { run } = setUp([fixed, review]);
  expect(await run(createCall(), error)).toEqual({ error });
});

describe("another tool", () => {
  test("answers in the call's place, for the same caller, and the result is marked", async () => {
    const { run, standIns } = setUp([replica, fixed]);
    const call = createCall();
    expect(await run(call, down())).toMatchObject({ from: "db-2" });
    expect(standIns).toEqual([
      {
        server: "db-2",
        tool: "run",
        arguments: { a: 1 },
        original: call,
        fallbackFrom: ["db/run"],
      },
    ]);
    expect(call.trail.fallbackUsed).toBe(true);
    expect(call.trail.stages).toEqual([
      { policy: "fallback", decision: "answered by tool", ms: 0 },
    ]);
  });

  test("gets its arguments as they are mapped", async () => {
    const mapped = { query: "$sql", limit: 5, price: "$$5", gone: "$missing" };
    const step: FallbackStep = { kind: "tool", server: "b", tool: "ask", arguments: mapped };
    const { run, standIns } = setUp([step]);
    await run(createCall({ params: { name: "run", arguments: { sql: "select 1" } } }), down());
    expect(standIns[0]).toMatchObject({ tool: "ask" });
    expect(standIns[0]?.arguments).toEqual({ query: "select 1", limit: 5, price: "$5" });
  });

  test("that fails, too, leaves the turn to the next step", async () => {
    const { run } = setUp([replica, fixed], { reenter: () => Promise.reject(down()) });
    expect(await run(createCall(), down())).toEqual(fixed.result);
  });

  test("is never one that the call already stood in for", async () => {
    const { run, standIns } = setUp([replica]);
    const error = down();
    const call = createCall({ fallbackFrom: ["db-2/run"] });
    expect(await run(call, error)).toEqual({ error });
    expect(standIns).toEqual([]);
  });

  test("stands in for another three times at most", async () => {
    const { run, standIns } = setUp([replica]);
    await run(createCall({ fallbackFrom: ["a/run", "b/run", "c/run"] }), down());
    expect(standIns).toEqual([]);
    await run(createCall({ fallbackFrom: ["a/run", "b/run"] }), down());
    expect(standIns).toHaveLength(1);
  });

  test("that may have had effects is the last one that is tried", async () => {
    const reenter = () => Promise.reject(unknown());
    const { run, reviewed } = setUp([replica, fixed, replica, review], { reenter });
    expect(await run(write(), down())).toMatchObject({ isError: true });
    expect(reviewed).toMatchObject([{ outcomeUnknown: true }]);
  });
});

describe("an earlier answer", () => {
  test("is given to the same caller for the same question, while it is young enough", async () => {
    const { clock, run } = setUp([stale]);
    const result = { content: [{ type: "text", text: "42" }] };
    await run(createCall(), result);
    clock.advance(60_000);
    expect(await run(createCall(), down())).toEqual(result);
    const other = createCall({ context: { principal: { id: "bob", kind: "key" } } });
    expect(await run(other, down())).toHaveProperty("error");
    expect(await run(createCall({ params: { name: "run" } }), down())).toHaveProperty("error");
    clock.advance(1);
    expect(await run(createCall(), down())).toHaveProperty("error");
  });

  test("is never one that was an error or a question", async () => {
    const { run } = setUp([stale]);
    await run(createCall(), { isError: true });
    await run(createCall(), { resultType: "input_required" });
    expect(await run(createCall(), down())).toHaveProperty("error");
  });
});

describe("a write", () => {
  test("that surely was not done may be done by another tool, but is not answered from memory", async () => {
    const { run, standIns } = setUp([fixed, stale, replica]);
    expect(await run(write(), down())).toMatchObject({ from: "db-2" });
    expect(standIns).toHaveLength(1);
  });

  test.each([
    ["was lost", unknown()],
    ["was not answered", new TrestleError("timeout", "late")],
    ["broke midway", new RpcError(RPC.internal, "oops")],
  ])("that %s is left to a person", async (_what, error) => {
    const { run, standIns, reviewed } = setUp([replica, fixed, stale, review]);
    const call = write();
    expect(await run(call, error)).toMatchObject({
      isError: true,
      content: [{ text: expect.stringMatching(/review item r1.*may or may not/) }],
      _meta: {
        [TRESTLE_META.error]: {
          code: "outcome_unknown",
          retryable: false,
          details: { reviewId: "r1", outcomeUnknown: true },
        },
      },
    });
    expect(standIns).toEqual([]);
    expect(reviewed).toMatchObject([{ call, message: "Decide.", outcomeUnknown: true }]);
    expect(call.trail.fallbackUsed).toBe(true);
  });

  test("whose caller gave up is left to a person, too", async () => {
    const { run, reviewed } = setUp([replica, review]);
    const late = { limitedBy: "deadline", sent: true };
    await run(write(), new TrestleError("timeout", "late", { details: late }));
    const signal = AbortSignal.abort();
    await run(createCall({ hints: writing, context: { signal } }), unknown());
    expect(reviewed).toHaveLength(2);
  });

  test("without a step for that stays what it is", async () => {
    const error = unknown();
    const { run } = setUp([replica, fixed, stale]);
    expect(await run(write(), error)).toEqual({ error });
  });

  test("whose review cannot be kept fails as it did", async () => {
    const error = unknown();
    const { run } = setUp([review], { review: () => Promise.reject(new Error("disk full")) });
    expect(await run(write(), error)).toEqual({ error });
  });
});

describe("a notification", () => {
  test("answers nothing: the failure is told, and that a person knows", async () => {
    const { run, notified } = setUp([told]);
    const call = write();
    expect(await run(call, unknown())).toMatchObject({
      isError: true,
      content: [{ text: "It died. A person was notified." }],
      _meta: { [TRESTLE_META.error]: { code: "outcome_unknown" } },
    });
    expect(notified).toMatchObject([{ call, message: "Look.", errorCode: "outcome_unknown" }]);
    expect(call.trail.fallbackUsed).toBe(true);
  });

  test("goes before the step that answers", async () => {
    const { run, notified } = setUp([told, replica]);
    expect(await run(createCall(), down())).toMatchObject({ from: "db-2" });
    expect(notified).toHaveLength(1);
  });
});

describe("the presets", () => {
  test("log a failed restart for a person", async () => {
    const levels: string[] = [];
    const notify = (_failed: FailedCall, level: string) => void levels.push(level);
    const { run } = setUp(FALLBACK_PRESETS.service_restart.steps, { notify });
    expect(await run(write(), down())).toMatchObject({ isError: true });
    expect(levels).toEqual(["log"]);
  });

  test("queue a failed payment for review", async () => {
    const { run, reviewed } = setUp(FALLBACK_PRESETS.payment.steps);
    expect(await run(write(), unknown())).toMatchObject({ isError: true });
    expect(reviewed).toHaveLength(1);
  });

  test("alert a person of a failed deployment", async () => {
    const levels: string[] = [];
    const notify = (_failed: FailedCall, level: string) => void levels.push(level);
    const { run } = setUp(FALLBACK_PRESETS.critical_deployment.steps, { notify });
    expect(await run(write(), down())).toMatchObject({ isError: true });
    expect(levels).toEqual(["alert"]);
  });
});

test("secrets in a failure's own words reach neither the queue nor the log", async () => {
  const { run, reviewed, notified } = setUp([told, review], { redact: createRedact() });
  const error = new TrestleError("unavailable", "postgres://me:hunter2@db is down.");
  await run(write(), error);
  for (const [failed] of [reviewed, notified]) {
    expect(failed?.errorMessage).toContain("is down.");
    expect(failed?.errorMessage).not.toContain("hunter2");
  }
});

test("what was answered with a part of the user's is nobody's last good answer", async () => {
  const { run } = setUp([stale]);
  const asked = createCall({ params: { name: "run", arguments: { a: 1 }, inputResponses: {} } });
  await run(asked, { content: ["mine"] });
  expect(await run(createCall(), down())).toMatchObject({ error: { code: "unavailable" } });
});

test("a server that is asked too much has a fallback, too", async () => {
  const { run, standIns } = setUp([replica]);
  await run(write(), new TrestleError("rate_limited", "Later."));
  expect(standIns).toHaveLength(1);
});
