import type { JsonObject, RequestContext } from "@trestle/protocol";
import { describe, expect, test } from "vitest";
import { createCall, createTestClock, outcomeOf, settle } from "./_parts.ts";
import { type Bulkhead, type BulkheadSettings, createBulkhead } from "./bulkhead.ts";

function setUp(settings: BulkheadSettings = { concurrency: 2, queue: 2 }) {
  const clock = createTestClock(0);
  const bulkhead = createBulkhead({ settingsFor: () => settings, clock });
  const started: string[] = [];
  const start = (id: string, context: Partial<RequestContext> = {}, server = "db") => {
    const answer = Promise.withResolvers<JsonObject>();
    const call = createCall({ executionId: id, server, context });
    const result = outcomeOf(
      bulkhead.policy(call, () => {
        started.push(id);
        return answer.promise;
      }),
    );
    return {
      call,
      result,
      end: () => answer.resolve({}),
      fail: () => answer.reject(new Error(id)),
    };
  };
  return { clock, bulkhead, started, start };
}

test("so many calls run at a time, the others wait in the order of their arrival", async () => {
  const { bulkhead, started, start } = setUp();
  const [a, b] = [start("a"), start("b")];
  start("c");
  start("d");
  expect(started).toEqual(["a", "b"]);
  expect(bulkhead.load()).toEqual([{ server: "db", running: 2, waiting: 2, asking: 0 }]);
  b.end();
  await settle();
  expect(started).toEqual(["a", "b", "c"]);
  a.fail();
  await settle();
  expect(started).toEqual(["a", "b", "c", "d"]);
  expect(bulkhead.load()).toEqual([{ server: "db", running: 2, waiting: 0, asking: 0 }]);
});

test("a caller that finds the queue full is turned away at once", async () => {
  const { start, started } = setUp({ concurrency: 1, queue: 1 });
  start("a");
  start("b");
  const turnedAway = start("c");
  expect(await turnedAway.result).toMatchObject({
    error: {
      code: "unavailable",
      retryable: true,
      retryAfterMs: 1_000,
      details: { refusedBy: "bulkhead", sent: false, upstream: "db" },
    },
  });
  expect(started).toEqual(["a"]);
});

test("each upstream has its own", async () => {
  const { start, started } = setUp({ concurrency: 1, queue: 0 });
  start("a");
  start("b", {}, "other");
  expect(started).toEqual(["a", "b"]);
});

test("whoever cancels leaves the queue, and nobody's turn is lost", async () => {
  const { start, started, bulkhead } = setUp({ concurrency: 1, queue: 2 });
  const controller = new AbortController();
  const a = start("a");
  const b = start("b", { signal: controller.signal });
  start("c");
  controller.abort();
  expect(await b.result).toMatchObject({ error: { code: "cancelled", details: { sent: false } } });
  expect(bulkhead.load()).toMatchObject([{ waiting: 1 }]);
  a.end();
  await settle();
  expect(started).toEqual(["a", "c"]);
});

test("the wait ends with the caller's deadline, and the call was not sent", async () => {
  const { clock, start, started } = setUp({ concurrency: 1, queue: 2 });
  const a = start("a");
  const b = start("b", { deadline: 500 });
  clock.advance(500);
  expect(await b.result).toMatchObject({
    error: { code: "timeout", details: { sent: false, refusedBy: "bulkhead" } },
  });
  expect(b.call.trail.stages).toEqual([
    { policy: "bulkhead", decision: "left the queue", ms: 500 },
  ]);
  a.end();
  await settle();
  expect(started).toEqual(["a"]);
  expect(clock.armed()).toBe(0);
});

test("the time in the queue stands on the trail", async () => {
  const { clock, start } = setUp({ concurrency: 1, queue: 2 });
  const a = start("a");
  const b = start("b");
  clock.advance(40);
  a.end();
  await settle();
  b.end();
  await b.result;
  expect(a.call.trail.stages).toEqual([{ policy: "bulkhead", decision: "free", ms: 0 }]);
  expect(b.call.trail.stages).toEqual([{ policy: "bulkhead", decision: "waited", ms: 40 }]);
});

test("a cap that is raised lets in all that fit when the next call ends", async () => {
  let concurrency = 1;
  const bulkhead = createBulkhead({
    settingsFor: () => ({ concurrency, queue: 10 }),
    clock: createTestClock(),
  });
  const first = Promise.withResolvers<JsonObject>();
  const done = bulkhead.policy(createCall(), () => first.promise);
  const endless = () => new Promise<JsonObject>(() => {});
  for (let call = 0; call < 4; call += 1) void outcomeOf(bulkhead.policy(createCall(), endless));
  concurrency = 3;
  first.resolve({});
  await done;
  await settle();
  expect(bulkhead.load()).toEqual([{ server: "db", running: 3, waiting: 1, asking: 0 }]);
});

describe("a call whose user is asked", () => {
  /** A call that asks at once, and ends when it was answered and told to. */
  function asking(bulkhead: Bulkhead, context: Partial<RequestContext> = {}) {
    const answer = Promise.withResolvers<JsonObject>();
    const told: string[] = [];
    const end = Promise.withResolvers<JsonObject>();
    const call = createCall({ context: { ...context, askClient: () => answer.promise } });
    const result = outcomeOf(
      bulkhead.policy(call, async ({ context: { askClient } }) => {
        const question = askClient?.("elicitation/create", {}).then(
          () => told.push("answered"),
          () => told.push("refused"),
        );
        return Promise.race([end.promise, question?.then(() => end.promise) ?? {}]);
      }),
    );
    return { answer, told, result, end: () => end.resolve({}) };
  }

  test("leaves its place to others meanwhile, and takes the next one that is free", async () => {
    const { bulkhead, started, start } = setUp({ concurrency: 1, queue: 2 });
    const asked = asking(bulkhead);
    const [a] = [start("a"), start("b")];
    expect(started).toEqual(["a"]);
    expect(bulkhead.load()).toEqual([{ server: "db", running: 1, waiting: 1, asking: 1 }]);
    asked.answer.resolve({});
    await settle();
    expect(asked.told, "the server works on another call").toEqual([]);
    expect(bulkhead.load()).toEqual([{ server: "db", running: 1, waiting: 2, asking: 0 }]);
    a.end();
    await settle();
    expect([asked.told, started]).toEqual([["answered"], ["a"]]);
    asked.end();
    await settle();
    expect(started).toEqual(["a", "b"]);
  });

  test("goes on at once where nobody took its place", async () => {
    const { bulkhead } = setUp({ concurrency: 1, queue: 0 });
    const asked = asking(bulkhead);
    expect(bulkhead.load()).toMatchObject([{ running: 0, asking: 1 }]);
    asked.answer.reject(new Error("no"));
    await settle();
    expect(asked.told).toEqual(["refused"]);
    expect(bulkhead.load()).toMatchObject([{ running: 1, asking: 0 }]);
    asked.end();
    await asked.result;
    expect(bulkhead.load()).toMatchObject([{ running: 0 }]);
  });

  test("that ends before it is answered, or before it has its place again, holds none", async () => {
    const { bulkhead, start } = setUp({ concurrency: 1, queue: 2 });
    const [unanswered, answered] = [asking(bulkhead), asking(bulkhead)];
    const other = start("other");
    answered.answer.resolve({});
    await settle();
    expect(bulkhead.load()).toMatchObject([{ running: 1, waiting: 1, asking: 1 }]);
    unanswered.end();
    answered.end();
    await Promise.all([unanswered.result, answered.result]);
    expect(bulkhead.load()).toMatchObject([{ running: 1, waiting: 0 }]);
    unanswered.answer.resolve({});
    other.end();
    await settle();
    expect(bulkhead.load()).toEqual([{ server: "db", running: 0, waiting: 0, asking: 0 }]);
  });

  test("may have several questions, and one place", async () => {
    const { bulkhead } = setUp({ concurrency: 1, queue: 0 });
    const answers = [Promise.withResolvers<JsonObject>(), Promise.withResolvers<JsonObject>()];
    let next = 0;
    const askClient = () => (answers[next++] as (typeof answers)[0]).promise;
    const result = bulkhead.policy(createCall({ context: { askClient } }), async ({ context }) => {
      await Promise.all([context.askClient?.("a", {}), context.askClient?.("b", {})]);
      return {};
    });
    expect(bulkhead.load()).toMatchObject([{ running: 0, asking: 2 }]);
    for (const { resolve } of answers) resolve({});
    await result;
    expect(bulkhead.load()).toMatchObject([{ running: 0, asking: 0 }]);
  });

  test("keeps its place where that is a process", async () => {
    const { bulkhead } = setUp({ concurrency: 1, queue: 0, keepsPlace: true });
    const asked = asking(bulkhead);
    expect(bulkhead.load()).toMatchObject([{ running: 1, asking: 1 }]);
    asked.answer.resolve({});
    asked.end();
    await asked.result;
    expect(bulkhead.load()).toMatchObject([{ running: 0, asking: 0 }]);
  });
});

test("a server without settings is not limited, and one that loses them lets all in who wait", async () => {
  let settings: BulkheadSettings | undefined;
  const bulkhead = createBulkhead({ settingsFor: () => settings, clock: createTestClock(0) });
  const answers: PromiseWithResolvers<JsonObject>[] = [];
  const start = () => {
    const answer = Promise.withResolvers<JsonObject>();
    return bulkhead.policy(createCall(), () => {
      answers.push(answer);
      return answer.promise;
    });
  };
  void start();
  void start();
  expect(answers).toHaveLength(2);
  expect(bulkhead.load()).toEqual([]);
  settings = { concurrency: 1, queue: 5 };
  for (let call = 0; call < 4; call += 1) void start();
  expect(answers).toHaveLength(3);
  settings = undefined;
  answers[2]?.resolve({});
  await settle();
  expect(answers).toHaveLength(6);
});
