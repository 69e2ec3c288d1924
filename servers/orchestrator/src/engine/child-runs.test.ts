// biome-ignore-all lint/suspicious/noTemplateCurlyInString: references are written so
import type { RunEvent } from "@trestle/flow";
import { systemClock } from "@trestle/protocol";
import { until } from "@trestle/testkit/surroundings";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
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

describe("a step that runs a workflow", () => {
  const child = submission([task("inner", { arguments: { x: "${input.x}" } })], {
    input: { x: 0 },
  });
  const parent = submission([
    {
      id: "sub",
      type: "workflow",
      workflow: "child",
      arguments: { x: "${item}" },
      forEach: [1, 2],
    },
  ]);

  test("has its result", async () => {
    const { engine } = await open({
      clock: systemClock,
      answer: ({ args }) => says({ got: args.x ?? null }),
      workflows: { child },
    });
    const runId = await engine.submit(parent);
    const { output } = await engine.waitFor(runId, LONG);
    expect(output).toEqual({ sub: [{ inner: { got: 1 } }, { inner: { got: 2 } }] });
  });

  test("is cancelled with the run that waits for it, though the process dies between the two", async () => {
    const child = submission([{ id: "go", type: "wait", signal: "go" }]);
    const parent = submission([{ id: "sub", type: "workflow", workflow: "child" }]);
    const parts = { clock: systemClock, answer: () => says({}), workflows: { child } };
    const first = await open(parts);
    const id = await first.engine.submit(parent);
    const childId = `${id}.sub.0`;
    const isWait = ([runId, { kind }]: [string, RunEvent]) =>
      runId === childId && kind === "waitStarted";
    await until("the child waits", () => first.events.some(isWait));
    const { length } = await first.engine.view(id);
    await first.close();
    // As a process leaves it that is killed as soon as the cancellation is stored.
    const cancelled = { kind: "cancelled", at: Date.now() } as const;
    const left = await open(parts);
    await left.store.append(id, {
      after: length,
      events: [cancelled],
      status: "running",
      at: cancelled.at,
    });
    await left.close();
    const second = await open(parts);
    await second.engine.recover();
    expect((await second.engine.waitFor(childId, LONG)).status).toBe("cancelled");
    expect((await second.engine.waitFor(id, LONG)).status).toBe("cancelled");
  });

  test("that runs itself ends with a sentence", async () => {
    const itself = submission([{ id: "again", type: "workflow", workflow: "itself" }]);
    const { engine, store } = await open({
      clock: systemClock,
      answer: () => says({}),
      workflows: { itself },
    });
    const runId = await engine.submit(itself);
    expect((await engine.waitFor(runId, LONG)).status).toBe("failed");
    const runs = await store.list({ limit: 100 });
    expect(runs).toHaveLength(17);
  });
});
