// biome-ignore-all lint/suspicious/noTemplateCurlyInString: references are written so
import type { RunEvent } from "@trestle/flow";
import { systemClock } from "@trestle/protocol";
import { until } from "@trestle/testkit/surroundings";
import { afterEach, beforeEach, expect, test } from "vitest";
import { openEngine, says, submission, task, temporaryFolder } from "./_engine.ts";

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

test("what a run keeps is counted over restarts, and too much of it fails the step that brings it", async () => {
  const part = "x".repeat(3_500_000);
  const steps = ["a", "b", "c", "d", "e"].map((id) => task(id));
  let going = await open({
    clock: systemClock,
    answer: ({ tool }) => (tool === "d" ? new Promise(() => {}) : says({ part })),
  });
  const runId = await going.engine.submit(submission(steps));
  const { events } = going;
  const isFourth = (event: RunEvent) => event.kind === "attemptStarted" && event.step === "d";
  await until("it is at the fourth", () => events.some(([, event]) => isFourth(event)));
  await going.close();
  going = await open({ clock: systemClock, answer: () => says({ part }) });
  await going.engine.recover();
  const { status, state } = await going.engine.waitFor(runId, LONG);
  expect([status, state.steps.d?.status]).toEqual(["failed", "succeeded"]);
  expect(state.steps.e).toMatchObject({
    error: { message: expect.stringContaining("the steps would keep 17500055 characters") },
  });
});

test("a result that is too large fails its step, and harms nothing else", async () => {
  const { engine } = await open({
    clock: systemClock,
    answer: ({ tool }) => says(tool === "big" ? { text: "x".repeat(100_000_000) } : { fine: true }),
  });
  const runId = await engine.submit(submission([task("big", { onError: "continue" }), task("b")]));
  const { status, state } = await engine.waitFor(runId, LONG);
  expect(status).toBe("succeeded");
  expect(state.steps.big).toMatchObject({
    error: { message: expect.stringContaining("100000011") },
  });
});
