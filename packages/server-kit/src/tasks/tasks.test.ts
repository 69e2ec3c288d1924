import { type Clock, type JsonObject, RPC, RpcError } from "@trestle/protocol";
import { expect, test } from "vitest";
import { createTestHost } from "../instance/_test-host.ts";
import { createTasks, type TaskCall, type Tasks } from "./tasks.ts";

const DONE: JsonObject = { content: [], structuredContent: { n: 1 } };
const KEEP_MS = 3_600_000;

function createTime(): Clock & { pass(ms: number): Promise<void> } {
  let now = 1_000;
  let timers: { readonly at: number; readonly run: () => void }[] = [];
  return {
    now: () => now,
    after(ms, run) {
      const timer = { at: now + ms, run };
      timers.push(timer);
      return () => {
        timers = timers.filter((each) => each !== timer);
      };
    },
    async pass(ms) {
      now += ms;
      const due = timers.filter(({ at }) => at <= now);
      timers = timers.filter(({ at }) => at > now);
      for (const { run } of due) run();
      await settled();
    },
  };
}

function settled(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

function createWorld() {
  const clock = createTime();
  let last = 0;
  const newId = () => {
    last += 1;
    return `t${last}`;
  };
  const { log } = createTestHost();
  const tasks = createTasks({ clock, log, newId });
  return { clock, tasks };
}

function call(round: TaskCall["round"], signal = new AbortController().signal): TaskCall {
  return { principal: "ann", signal, round };
}

/** A round that ends when it is told to. */
function slow() {
  const { promise, resolve, reject } = Promise.withResolvers<JsonObject>();
  let signal: AbortSignal | undefined;
  const round: TaskCall["round"] = (_next, control) => {
    signal = control.signal;
    control.signal.addEventListener("abort", () => reject(control.signal.reason));
    return promise;
  };
  return { round, resolve, reject, signal: () => signal };
}

const statusOf = (tasks: Tasks, id = "t1") => tasks.get("ann", id)?.status;

test("what is done at once is no task; what is not, becomes one that can be asked for", async () => {
  const { clock, tasks } = createWorld();
  expect(await tasks.run(call(async () => DONE))).toEqual(DONE);
  const work = slow();
  const answer = tasks.run(call(work.round));
  await clock.pass(250);
  const told = "1970-01-01T00:00:01.250Z";
  expect(await answer).toEqual({
    ...{ resultType: "task", taskId: "t1", status: "working", ttlMs: KEEP_MS },
    ...{ createdAt: told, lastUpdatedAt: told, pollIntervalMs: 1_000 },
  });
  work.resolve(DONE);
  await settled();
  expect(tasks.get("ann", "t1")).toMatchObject({ status: "completed", result: DONE });
  expect(tasks.get("bob", "t1")).toBeUndefined();
  await clock.pass(KEEP_MS + 1);
  expect(tasks.get("ann", "t1")).toBeUndefined();
});

test("who names its tasks itself is waited for, however long it takes to store them", async () => {
  const { clock, tasks } = createWorld();
  const stored = Promise.withResolvers<void>();
  const round: TaskCall["round"] = async (_next, { task }) => {
    await stored.promise;
    task.begin("own");
    return DONE;
  };
  const answer = tasks.run({ ...call(round), namesItself: true });
  await clock.pass(10_000);
  stored.resolve();
  expect(await answer).toMatchObject({ resultType: "task", taskId: "own" });
});

test("a failure of the protocol is told as one, and the unknown is not told", async () => {
  const { tasks } = createWorld();
  for (const [thrown, error] of [
    [new RpcError(RPC.invalidParams, "no such thing"), { code: RPC.invalidParams }],
    [new Error("the password is tea"), { code: RPC.internal, message: "internal error" }],
  ] as const) {
    const answer = await tasks.run(
      call(async (_next, { task }) => {
        task.begin();
        throw thrown;
      }),
    );
    const { taskId } = answer as { taskId: string };
    await settled();
    expect(tasks.get("ann", taskId)).toMatchObject({ status: "failed", error });
  }
});

test("who gives up before it is a task ends the work; afterwards only cancelling does", async () => {
  const { clock, tasks } = createWorld();
  const [early, late] = [new AbortController(), new AbortController()];
  const given = slow();
  const answer = tasks.run(call(given.round, early.signal));
  early.abort(new Error("gone"));
  await expect(answer).rejects.toThrow("gone");

  const kept = slow();
  const task = tasks.run(call(kept.round, late.signal));
  await clock.pass(250);
  await task;
  late.abort();
  expect(kept.signal()?.aborted).toBe(false);
  expect(tasks.cancel("bob", "t1")).toBe(false);
  expect(tasks.cancel("ann", "t1")).toBe(true);
  await settled();
  expect(kept.signal()?.aborted).toBe(true);
  expect(statusOf(tasks)).toBe("cancelled");
  expect(tasks.cancel("ann", "t1")).toBe(true);
});

test("what a task asks waits until all of it is answered, and goes on with the state of before", async () => {
  const { tasks } = createWorld();
  const rounds: unknown[] = [];
  const question = { method: "elicitation/create", params: {} };
  await tasks.run(
    call(async (next, { task }) => {
      task.begin();
      rounds.push(next);
      if (next.answers) return DONE;
      return {
        ...{ resultType: "input_required", requestState: "sealed" },
        inputRequests: { a: question, b: question },
      };
    }),
  );
  await settled();
  expect(tasks.get("ann", "t1")).toMatchObject({ status: "input_required" });
  expect(tasks.update("ann", "t1", { a: { action: "accept" }, c: {} })).toBe(true);
  expect(tasks.get("ann", "t1")?.inputRequests).toEqual({ b: question });
  expect(tasks.update("ann", "t1", { a: { action: "decline" }, b: { action: "accept" } })).toBe(
    true,
  );
  await settled();
  expect(statusOf(tasks)).toBe("completed");
  const answers = { a: { action: "accept" }, b: { action: "accept" } };
  expect(rounds[1]).toMatchObject({ asked: { requestState: "sealed" }, answers });
});

test("a task that waits for an answer can be cancelled, and ends with the server", async () => {
  const { tasks } = createWorld();
  const asking = { resultType: "input_required", inputRequests: { a: {} } };
  for (const _ of [1, 2]) {
    await tasks.run(
      call(async (_next, { task }) => {
        task.begin();
        return asking;
      }),
    );
  }
  await settled();
  tasks.cancel("ann", "t1");
  await tasks.close();
  expect([statusOf(tasks), statusOf(tasks, "t2")]).toEqual(["cancelled", "cancelled"]);
});

test("two calls of one task are cancelled together, and hold up no server that closes", async () => {
  for (const how of ["cancel", "close"] as const) {
    const { tasks } = createWorld();
    const works = [slow(), slow()];
    for (const { round } of works) {
      const asked = call((next, control) => {
        control.task.begin("own");
        return round(next, control);
      });
      expect(await tasks.run(asked)).toMatchObject({ taskId: "own" });
    }
    if (how === "cancel") tasks.cancel("ann", "own");
    else await tasks.close();
    expect(works.map(({ signal }) => signal()?.aborted)).toEqual([true, true]);
    expect(statusOf(tasks, "own")).toBe("cancelled");
  }
});

/** Ends as a task with so much to tell. */
async function end(tasks: Tasks, principal: string, bytes = 0): Promise<string> {
  const answer = await tasks.run({
    ...call(async (_next, { task }) => {
      task.begin();
      return { content: [{ type: "text", text: "x".repeat(bytes) }] };
    }),
    principal,
  });
  await settled();
  return String(answer.taskId);
}

const MIB = 1024 * 1024;

test("what tasks came to has bounds, and nobody pushes out what others have", async () => {
  const { clock, tasks } = createWorld();
  const small = await end(tasks, "bob", 1_000);
  const bobs = await end(tasks, "bob", 10 * MIB);
  const anns: string[] = [];
  for (let at = 0; at < 8; at += 1) {
    anns.push(await end(tasks, "ann", 10 * MIB));
    await clock.pass(1);
  }
  const kept = () => anns.filter((id) => tasks.get("ann", id) !== undefined);
  expect(kept()).toEqual(anns.slice(-5));
  for (let at = 0; at < 1_000; at += 1) await end(tasks, "ann");
  expect(kept()).toEqual([]);
  for (const id of [small, bobs]) expect(tasks.get("bob", id)?.status).toBe("completed");
});

test("a result that is too large for all is a failure that says so, and pushes nothing out", async () => {
  const { tasks } = createWorld();
  const bobs = await end(tasks, "bob", 10 * MIB);
  const large = await end(tasks, "ann", 60 * MIB);
  expect(tasks.get("ann", large)).toMatchObject({
    status: "failed",
    error: { message: expect.stringContaining("too large") },
  });
  expect(tasks.get("ann", large)).not.toHaveProperty("result");
  expect(tasks.get("bob", bobs)?.status).toBe("completed");
  const fitting = await end(tasks, "ann", 40 * MIB);
  expect(tasks.get("ann", fitting)?.status).toBe("completed");
});

test("where very many run, one more call is answered as it ever was", async () => {
  const { clock, tasks } = createWorld();
  const first = call(async (_next, { task }) => {
    task.begin("own");
    return new Promise<JsonObject>(() => {});
  });
  expect(await tasks.run(first)).toMatchObject({ taskId: "own" });
  for (let n = 1; n < 1_000; n += 1) {
    await tasks.run(
      call((_next, { task }) => {
        task.begin();
        return new Promise<JsonObject>(() => {});
      }),
    );
  }
  const work = slow();
  const answer = tasks.run(call(work.round));
  await clock.pass(250);
  work.resolve(DONE);
  expect(await answer).toEqual(DONE);
});
