import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { setTimeout as pause } from "node:timers/promises";
import type { JsonObject, JsonValue } from "@trestle/protocol";
import { expect, onTestFinished, test } from "vitest";
import { readOwner, shareFolder } from "../src/index.ts";
import {
  seededRandom,
  startProcess,
  type TestProcess,
  temporaryFolder,
  until,
} from "./_processes.ts";

const startSharer = (folder: string) => startProcess("_sharer.ts", [folder]);

async function call(
  sharer: TestProcess,
  method: string,
  fields: JsonObject = {},
): Promise<JsonValue | undefined> {
  const answer = await sharer.ask("call", { method, repeatable: true, ...fields });
  return answer.value;
}

/** An owner and a joiner of it. */
async function startPair(): Promise<{ folder: string; owner: TestProcess; joiner: TestProcess }> {
  const folder = temporaryFolder();
  const owner = startSharer(folder);
  const joiner = startSharer(folder);
  await call(owner, "who");
  expect(await call(joiner, "who")).toEqual({ pid: owner.pid, fence: 1 });
  return { folder, owner, joiner };
}

const saidBy = (sharer: TestProcess, key: string) => () =>
  sharer.said.some((message) => key in message);

test("nothing happens before the first call; then one opens and all are answered by it", async () => {
  const folder = temporaryFolder();
  const sharers = [1, 2, 3].map(() => startSharer(folder));
  await until("all started", () => sharers.every((sharer) => saidBy(sharer, "started")()));
  expect(readOwner(folder)).toBeUndefined();
  expect((await sharers[0]?.ask("role"))?.value).toBe("idle");
  const answers = await Promise.all(sharers.map((sharer) => call(sharer, "who")));
  expect(new Set(answers.map((answer) => JSON.stringify(answer))).size).toBe(1);
  expect(sharers.filter((sharer) => saidBy(sharer, "opened")())).toHaveLength(1);
  const roles = await Promise.all(sharers.map(async (sharer) => (await sharer.ask("role")).value));
  expect(roles.sort()).toEqual(["joined", "joined", "owner"]);
});

test("payloads and failures come back as they were", async () => {
  const { joiner, owner } = await startPair();
  const payload = { text: "line\nbreak \u2028 😀", list: [1, null, { deep: true }], empty: {} };
  expect(await call(joiner, "echo", { payload })).toEqual(payload);
  for (const sharer of [joiner, owner]) {
    await expect(call(sharer, "fail", { payload: { key: 1 } })).rejects.toMatchObject({
      code: "conflict",
      message: "Taken.",
      details: { key: 1 },
    });
  }
  await expect(call(joiner, "crash")).rejects.toMatchObject({
    code: "internal",
    message: expect.not.stringContaining("secret"),
  });
});

test("a cancelled call aborts the work in the owner", async () => {
  const { joiner, owner } = await startPair();
  const slow = call(joiner, "slow", { payload: { ms: 60_000 }, key: "a" });
  slow.catch(() => {});
  await until("it runs", saidBy(owner, "begun"));
  await joiner.ask("cancel", { key: "a" });
  await expect(slow).rejects.toMatchObject({ code: "cancelled" });
  await until("it is aborted", saidBy(owner, "aborted"));
});

test("a repeatable call survives the death of its owner", async () => {
  const { joiner, owner } = await startPair();
  const slow = call(joiner, "slow", { payload: { ms: 200 } });
  await until("it runs", saidBy(owner, "begun"));
  await owner.kill();
  expect(await slow).toEqual({ pid: joiner.pid });
  expect(await call(joiner, "who")).toEqual({ pid: joiner.pid, fence: 2 });
});

test("a call that must not be repeated fails with outcome_unknown, and the next one works", async () => {
  const { joiner, owner } = await startPair();
  const slow = call(joiner, "slow", { payload: { ms: 200 }, repeatable: false });
  slow.catch(() => {});
  await until("it runs", saidBy(owner, "begun"));
  await owner.kill();
  await expect(slow).rejects.toMatchObject({
    code: "outcome_unknown",
    message: expect.stringContaining(`Process ${owner.pid}`),
  });
  expect((await joiner.ask("role")).value).toBe("idle");
  expect(await call(joiner, "who", { repeatable: false })).toMatchObject({ pid: joiner.pid });
});

test("a closing owner finishes what runs, and what comes meanwhile goes to its successor", async () => {
  const { joiner, owner } = await startPair();
  const running = call(joiner, "slow", { payload: { ms: 300 }, repeatable: false });
  await until("it runs", saidBy(owner, "begun"));
  const closing = owner.ask("close");
  const late = call(joiner, "who", { repeatable: false });
  expect(await running).toEqual({ pid: owner.pid });
  await closing;
  expect(await late).toEqual({ pid: joiner.pid, fence: 2 });
  await expect(call(owner, "who")).rejects.toMatchObject({ code: "unavailable" });
});

test("while owners come and go politely, no call ever fails", async () => {
  const { next, rounds } = seededRandom();
  const folder = temporaryFolder();
  const sharers = [startSharer(folder), startSharer(folder), startSharer(folder)];
  let value = 0;
  let stop = false;
  const caller = async (at: number) => {
    while (!stop) {
      const sharer = sharers[at] as TestProcess;
      await call(sharer, "add", { payload: { value: ++value }, repeatable: false }).catch(
        (error) => {
          // Refused by a process that was itself told to close: the caller's own fault.
          if (error.code !== "unavailable") throw error;
        },
      );
      await pause(1);
    }
  };
  const callers = [caller(0), caller(1), caller(2)];
  for (let round = 0; round < rounds(6); round += 1) {
    const at = Math.floor(next() * 3);
    const leaving = sharers[at] as TestProcess;
    sharers[at] = startSharer(folder);
    await leaving.ask("close");
    await pause(50 * next());
  }
  stop = true;
  await Promise.all(callers);
});

test("whatever was acknowledged is stored, whoever was killed", async () => {
  const { next, rounds } = seededRandom();
  const folder = temporaryFolder();
  const sharers = [startSharer(folder), startSharer(folder), startSharer(folder)];
  const acknowledged: number[] = [];
  let value = 0;
  let stop = false;
  const caller = async (at: number) => {
    while (!stop) {
      const mine = ++value;
      const sharer = sharers[at] as TestProcess;
      const stored = await call(sharer, "add", { payload: { value: mine } }).then(
        () => true,
        () => false,
      );
      if (stored) acknowledged.push(mine);
      else await pause(1);
    }
  };
  const callers = [caller(0), caller(1), caller(2)];
  for (let round = 0; round < rounds(6); round += 1) {
    const before = acknowledged.length;
    await until("calls go on", () => acknowledged.length > before + 20);
    const at = Math.floor(next() * 3);
    const doomed = sharers[at] as TestProcess;
    sharers[at] = startSharer(folder);
    await doomed.kill();
  }
  stop = true;
  await Promise.all(callers);
  const database = new DatabaseSync(join(folder, "numbers.db"));
  const rows = database.prepare("SELECT DISTINCT value FROM number").all();
  database.close();
  const stored = new Set(rows.map((row) => row.value));
  expect(acknowledged.filter((one) => !stored.has(one))).toEqual([]);
}, 120_000);

test("a stopped owner is named to a newcomer, and answers again when it goes on", async () => {
  const { folder, owner } = await startPair();
  owner.child.kill("SIGSTOP");
  const open = async () => ({ answer: async () => null, close: async () => {} });
  const newcomer = shareFolder({ path: folder, open, joinTimeoutMs: 200 });
  onTestFinished(() => newcomer.close());
  await expect(newcomer.call("who", null, { repeatable: true })).rejects.toMatchObject({
    code: "unavailable",
    message: expect.stringContaining(`process ${owner.pid}, which does not answer`),
  });
  owner.child.kill("SIGCONT");
  const answer = await newcomer.call("who", null, { repeatable: true });
  expect(answer).toEqual({ pid: owner.pid, fence: 1 });
});

test("a backend that cannot be opened fails the call and leaves the folder free", async () => {
  const path = temporaryFolder();
  let attempts = 0;
  const shared = shareFolder({
    path,
    async open() {
      attempts += 1;
      if (attempts === 1) throw new Error("no such disk");
      return { answer: async (method) => method, close: async () => {} };
    },
  });
  onTestFinished(() => shared.close());
  await expect(shared.call("x", null, { repeatable: true })).rejects.toThrow("no such disk");
  expect(readOwner(path)).toBeUndefined();
  expect(await shared.call("x", null, { repeatable: true })).toBe("x");
});

test("a message larger than a frame is refused before it is sent", async () => {
  const { shared, owner } = pairInOneProcess(temporaryFolder());
  await owner.call("x", null, { repeatable: true });
  const huge = "x".repeat(66 * 1024 * 1024);
  const sending = shared.call("x", huge, { repeatable: true });
  await expect(sending).rejects.toMatchObject({ code: "invalid_input" });
  const asking = shared.call("huge", null, { repeatable: true });
  await expect(asking).rejects.toMatchObject({ code: "invalid_input" });
});

function pairInOneProcess(path: string) {
  const open = async () => ({
    answer: async (method: string) => (method === "huge" ? "x".repeat(66 * 1024 * 1024) : method),
    close: async () => {},
  });
  const [owner, shared] = [shareFolder({ path, open }), shareFolder({ path, open })];
  onTestFinished(async () => {
    await shared.close();
    await owner.close();
  });
  return { owner, shared };
}
