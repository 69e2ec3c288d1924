// biome-ignore-all lint/suspicious/noTemplateCurlyInString: references are written so
import { systemClock } from "@trestle/protocol";
import { manualClock, until } from "@trestle/testkit/surroundings";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { type Called, openEngine, says, submission, task, temporaryFolder } from "./_engine.ts";

let folder: ReturnType<typeof temporaryFolder>;
let opened: { close(): Promise<void> }[] = [];

beforeEach(() => {
  folder = temporaryFolder();
});
afterEach(async () => {
  for (const each of opened) await each.close();
  opened = [];
  folder.remove();
});

async function open(parts: Parameters<typeof openEngine>[1]) {
  const engine = await openEngine(folder.path, parts);
  opened.push(engine);
  return engine;
}

const LONG = 60_000;

test("a run calls its steps in the order of the graph, each under its own key", async () => {
  const calls: Called[] = [];
  const { engine } = await open({
    clock: systemClock,
    answer: (called) => {
      calls.push(called);
      return says({ by: called.tool });
    },
  });
  const runId = await engine.submit(
    submission([
      task("a"),
      task("b", { arguments: { from: "${results.a.by}" }, dependsOn: ["a"] }),
    ]),
  );
  const { status, output } = await engine.waitFor(runId, LONG);
  expect(status).toBe("succeeded");
  expect(output).toEqual({ a: { by: "a" }, b: { by: "b" } });
  expect(calls.map(({ key, args }) => [key, args])).toEqual([
    [`${runId}/a/0`, {}],
    [`${runId}/b/0`, { from: "a" }],
  ]);
});

test("what ended is there for whoever opens the store next", async () => {
  const first = await open({ clock: systemClock, answer: () => says({ ok: true }) });
  const runId = await first.engine.submit(submission([task("a")]));
  const before = await first.engine.waitFor(runId, LONG);
  await first.close();
  const second = await open({ clock: systemClock, answer: () => says({}) });
  expect(await second.engine.recover()).toBe(0);
  expect(await second.engine.view(runId)).toEqual(before);
});

test("what was under way goes on after a restart, under the same key, and nothing that ended runs again", async () => {
  const calls: string[] = [];
  const first = await open({
    clock: systemClock,
    answer: ({ tool, key, signal }) => {
      calls.push(key);
      if (tool === "a") return says({ n: 1 });
      const { promise, reject } = Promise.withResolvers<never>();
      signal.addEventListener("abort", () => reject(new Error("aborted")));
      return promise;
    },
  });
  const steps = [task("a"), task("b", { dependsOn: ["a"] })];
  const runId = await first.engine.submit(submission(steps));
  await until("b is called", () => calls.length === 2);
  await first.close();
  const second = await open({
    clock: systemClock,
    answer: ({ key }) => {
      calls.push(key);
      return says({ n: 2 });
    },
  });
  expect(await second.engine.recover()).toBe(1);
  expect((await second.engine.waitFor(runId, LONG)).status).toBe("succeeded");
  expect(calls).toEqual([`${runId}/a/0`, `${runId}/b/0`, `${runId}/b/0`]);
});

describe("a decision", () => {
  const steps = [
    { id: "ask", type: "approval", message: "Go on?" },
    task("b", { dependsOn: ["ask"] }),
  ];

  test("is waited for over restarts", async () => {
    const first = await open({ clock: systemClock, answer: () => says({}) });
    const runId = await first.engine.submit(submission(steps));
    await until("it waits", () => first.events.some(([, { kind }]) => kind === "waitStarted"));
    expect((await first.engine.view(runId)).status).toBe("waiting");
    await first.close();
    const second = await open({ clock: systemClock, answer: () => says({}) });
    await second.engine.tell(runId, (_, at) => [
      { kind: "unitSucceeded", step: "ask", unit: 0, at, result: { approved: true } },
    ]);
    expect((await second.engine.waitFor(runId, LONG)).status).toBe("succeeded");
  });
});

test("a cancelled run aborts what it calls, and says so", async () => {
  let aborted = false;
  const { engine, events } = await open({
    clock: systemClock,
    answer: ({ signal }) =>
      new Promise((_, reject) => {
        signal.addEventListener("abort", () => {
          aborted = true;
          reject(new Error("aborted"));
        });
      }),
  });
  const runId = await engine.submit(submission([task("a")]));
  await until("a is called", () => events.some(([, { kind }]) => kind === "attemptStarted"));
  await engine.tell(runId, (_, at) => [{ kind: "cancelled", at }]);
  const { status, state } = await engine.waitFor(runId, LONG);
  expect(status).toBe("cancelled");
  expect(aborted).toBe(true);
  expect(state.steps.a).toMatchObject({ status: "cancelled" });
});

test("an attempt that takes too long is aborted, and tried again later", async () => {
  const clock = manualClock();
  const keys: string[] = [];
  const { engine, events } = await open({
    clock,
    answer: ({ key, signal }) => {
      keys.push(key);
      if (keys.length > 1) return says({});
      return new Promise((_, reject) => {
        signal.addEventListener("abort", () => reject(new Error("aborted")));
      });
    },
  });
  const runId = await engine.submit(
    submission([task("a", { timeout: "30s", retry: { attempts: 2, backoff: "10s" } })]),
  );
  await until("a is called", () => keys.length === 1);
  clock.advance(30_000);
  await until("it failed", () => events.some(([, { kind }]) => kind === "attemptFailed"));
  const { state } = await engine.view(runId);
  expect(state.units.a?.[0]).toMatchObject({ status: "delayed", error: { code: "timeout" } });
  clock.advance(10_000);
  await until("it has ended", () => events.some(([, { kind }]) => kind === "ended"));
  expect((await engine.view(runId)).status).toBe("succeeded");
  expect(new Set(keys).size).toBe(1);
});

test("the same submission twice is one run", async () => {
  let calls = 0;
  const { engine } = await open({
    clock: systemClock,
    answer: () => {
      calls += 1;
      return says({});
    },
  });
  const once = { ...submission([task("a")]), runId: "order-7" };
  expect(await Promise.all([engine.submit(once), engine.submit(once)])).toEqual([
    "order-7",
    "order-7",
  ]);
  await engine.waitFor("order-7", LONG);
  await engine.submit(once);
  expect((await engine.waitFor("order-7", LONG)).status).toBe("succeeded");
  expect(calls).toBe(1);
});

test("a run that nobody knows is refused", async () => {
  const { engine } = await open({ clock: systemClock, answer: () => says({}) });
  await expect(engine.view("nobody")).rejects.toMatchObject({ code: "not_found" });
  await expect(engine.tell("nobody", () => [])).rejects.toMatchObject({ code: "not_found" });
});

test("the time that a run has goes on while nobody runs it", async () => {
  const clock = manualClock();
  const answer = ({ signal }: Called) =>
    new Promise<never>((_, reject) => {
      signal.addEventListener("abort", () => reject(new Error("aborted")));
    });
  const first = await open({ clock, answer });
  const runId = await first.engine.submit(submission([task("a")], { timeout: "1m" }));
  await until("a is called", () => first.events.some(([, { kind }]) => kind === "attemptStarted"));
  await first.close();
  clock.advance(50_000);
  const second = await open({ clock, answer });
  await second.engine.recover();
  await until("a is called again", () =>
    second.events.some(([, { kind }]) => kind === "attemptStarted"),
  );
  clock.advance(10_000);
  await until("it has ended", () => second.events.some(([, { kind }]) => kind === "ended"));
  expect((await second.engine.view(runId)).status).toBe("timed_out");
});

test("the time that a step waits for somebody goes on while nobody runs it", async () => {
  const clock = manualClock();
  const steps = [{ id: "ask", type: "approval", message: "Go on?", timeout: "1m" }];
  const first = await open({ clock, answer: () => says({}) });
  const runId = await first.engine.submit(submission(steps));
  await until("it waits", () => first.events.some(([, { kind }]) => kind === "waitStarted"));
  await first.close();
  clock.advance(61_000);
  const second = await open({ clock, answer: () => says({}) });
  await second.engine.recover();
  await until("it has ended", () => second.events.some(([, { kind }]) => kind === "ended"));
  expect((await second.engine.view(runId)).state.steps.ask).toMatchObject({
    status: "failed",
    error: { code: "timeout" },
  });
});
