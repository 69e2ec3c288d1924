import { readdirSync, readFileSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { readChain } from "@trestle/access";
import {
  type JsonObject,
  parseJson,
  RpcError,
  TRESTLE_META,
  TrestleError,
} from "@trestle/protocol";
import { manualClock } from "@trestle/testkit/surroundings";
import { expect, test } from "vitest";
import { failed } from "./_parts.ts";
import { openQueue } from "./_review.ts";

const DAY_MS = 24 * 60 * 60_000;

test("a failed call waits, with all that a person needs to decide about it", async () => {
  const clock = manualClock();
  const { queue } = await openQueue({ clock });
  const { call, ...facts } = failed({ args: { amount: 3, password: "hunter2" } });
  const id = await queue.add({ call, ...facts });
  const item = {
    id,
    state: "waiting",
    server: "shop",
    tool: "pay",
    definitionHash: "hash",
    readOnly: false,
    message: "Look whether it was paid.",
    errorCode: "outcome_unknown",
    errorMessage: "It may have been paid.",
    outcomeUnknown: true,
    executionId: call.executionId,
    idempotencyKey: call.executionId,
    principal: "local",
    attempts: 1,
    createdAt: clock.now(),
    expiresAt: clock.now() + 7 * DAY_MS,
  };
  expect(await queue.list()).toEqual([
    { ...item, arguments: { amount: 3, password: "[redacted]" } },
  ]);
  expect(await queue.get(id)).toEqual({ ...item, arguments: { amount: 3, password: "hunter2" } });
  await expect(queue.get("nothing")).rejects.toMatchObject({ code: "not_found" });
});

test("arguments are sealed on the disk, every digit of them", async () => {
  const { queue, file } = await openQueue();
  const args = parseJson('{"card":"4111-1111","n":12345678901234567890}') as never;
  const id = await queue.add(failed({ args }));
  for (const name of [file, `${file}-wal`]) {
    expect(readFileSync(name).includes("4111-1111")).toBe(false);
  }
  expect(JSON.stringify((await queue.get(id)).arguments)).toContain("12345678901234567890");
});

test("an approved item runs once, as it was sent and in its caller's name", async () => {
  const { queue, ran } = await openQueue({ run: async () => ({ content: [], paid: true }) });
  const id = await queue.add(failed({ meta: { [TRESTLE_META.idempotencyKey]: "run/1/1" } }));
  const item = await queue.approve(id, "admin");
  expect(item).toMatchObject({
    state: "done",
    decidedBy: "admin",
    attempts: 2,
    result: { paid: true },
  });
  expect(ran).toEqual([
    {
      server: "shop",
      tool: "pay",
      arguments: { amount: 3 },
      idempotencyKey: "run/1/1",
      principal: { id: "local", kind: "local" },
      reviewId: id,
    },
  ]);
  const again = { code: "conflict", message: expect.stringContaining('approved by "admin"') };
  await expect(queue.approve(id, "admin")).rejects.toMatchObject(again);
  await expect(queue.reject(id, "admin")).rejects.toMatchObject({ code: "conflict" });
  expect(ran).toHaveLength(1);
});

test("edited arguments run under a key of their own, and the original ones are kept", async () => {
  const { queue, ran } = await openQueue();
  const id = await queue.add(failed());
  const item = await queue.approve(id, "admin", { arguments: { amount: 2 } });
  expect(item).toMatchObject({ arguments: { amount: 3 }, editedArguments: { amount: 2 } });
  expect(ran[0]).toMatchObject({ arguments: { amount: 2 }, idempotencyKey: `review/${id}` });
});

test("of two approvals at the same time one runs", async () => {
  const { queue, ran } = await openQueue();
  const id = await queue.add(failed());
  const both = await Promise.allSettled([queue.approve(id, "a"), queue.approve(id, "b")]);
  expect(both.map(({ status }) => status).sort()).toEqual(["fulfilled", "rejected"]);
  expect((await queue.get(id)).state).toBe("done");
  expect(ran).toHaveLength(1);
});

test("while it runs it is running, for this queue and for another one on the same file", async () => {
  const { promise: released, resolve: release } = Promise.withResolvers<void>();
  const { promise: started, resolve: start } = Promise.withResolvers<void>();
  const first = await openQueue({
    async run() {
      start();
      await released;
      return {};
    },
  });
  const id = await first.queue.add(failed());
  const approved = first.queue.approve(id, "admin");
  await started;
  const other = await openQueue({ file: first.file });
  expect((await other.queue.list({ state: "running" })).map((item) => item.id)).toEqual([id]);
  await expect(other.queue.approve(id, "b")).rejects.toMatchObject({ code: "conflict" });
  await expect(first.queue.approve(id, "b")).rejects.toMatchObject({ code: "conflict" });
  expect((await first.queue.get(id)).state).toBe("running");
  release();
  expect((await approved).state).toBe("done");
});

test("what came of a run says how it ended, and none is run again", async () => {
  const error = (...given: ConstructorParameters<typeof TrestleError>) =>
    new TrestleError(...given);
  const cases: readonly [state: string, came: JsonObject | Error][] = [
    ["done", { content: [] }],
    ["failed", { isError: true, content: [] }],
    ["failed", { resultType: "input_required" }],
    ["failed", error("denied", "No.")],
    ["failed", error("timeout", "Never sent.", { details: { sent: false } })],
    ["failed", new RpcError(-32602, "bad")],
    ["unknown", error("outcome_unknown", "Perhaps.")],
    ["unknown", error("timeout", "Silence.")],
    ["unknown", error("unavailable", "Broke midway.")],
    ["unknown", new Error("no idea")],
  ];
  let came: JsonObject | Error = {};
  const run = async () => {
    if (came instanceof Error) throw came;
    return came;
  };
  const { queue, ran } = await openQueue({ run });
  for (const [state, next] of cases) {
    came = next;
    const id = await queue.add(failed());
    expect([next, (await queue.approve(id, "admin")).state]).toEqual([next, state]);
    await expect(queue.approve(id, "admin")).rejects.toMatchObject({ code: "conflict" });
  }
  expect(ran).toHaveLength(cases.length);
});

test("a read whose end nobody heard has failed", async () => {
  const run = () => Promise.reject(new TrestleError("timeout", "Silence."));
  const { queue } = await openQueue({ run });
  const id = await queue.add(failed({ readOnly: true }));
  expect(await queue.approve(id, "admin")).toMatchObject({
    state: "failed",
    runError: { code: "timeout", message: "Silence." },
  });
});

test("an item whose tool changed runs only when that is accepted", async () => {
  let hash: string | undefined = "other";
  const { queue, ran } = await openQueue({ definitionHashOf: () => hash });
  const id = await queue.add(failed());
  const changed = { code: "conflict", details: { reason: "definition_changed" } };
  await expect(queue.approve(id, "admin")).rejects.toMatchObject(changed);
  hash = undefined;
  const missing = { code: "conflict", details: { reason: "tool_missing" } };
  await expect(queue.approve(id, "admin", { acceptChanged: true })).rejects.toMatchObject(missing);
  expect([ran.length, (await queue.get(id)).state]).toEqual([0, "waiting"]);
  hash = "other";
  expect((await queue.approve(id, "admin", { acceptChanged: true })).state).toBe("done");
});

test("an item runs with its caller's rights as they are then, and not at all once the key is revoked", async () => {
  const { queue, access, ran } = await openQueue();
  const { text, record } = await access.keys.create({ name: "one", scopes: ["shop:*"] });
  const caller = access.authenticate({ bearer: text, remoteAddress: "::1", isLoopback: true });
  if ("refused" in caller) throw new Error(caller.message);
  const first = await queue.add(failed({ principal: caller }));
  const second = await queue.add(failed({ principal: { ...caller, scopes: ["shop:pay:write"] } }));
  await queue.approve(first, "admin");
  expect(ran[0]?.principal).toEqual({ id: `key:${record.id}`, kind: "key", scopes: ["shop:*"] });
  await access.keys.revoke(record.id);
  await expect(queue.approve(second, "admin")).rejects.toMatchObject({
    code: "denied",
    message: expect.stringContaining("was revoked"),
  });
  expect([ran.length, (await queue.get(second)).state]).toEqual([1, "waiting"]);
});

test("a rejected item never runs, and says who rejected it and why", async () => {
  const { queue, ran } = await openQueue();
  const id = await queue.add(failed());
  const item = await queue.reject(id, "admin", "paid by hand");
  expect(item).toMatchObject({ state: "rejected", decidedBy: "admin", reason: "paid by hand" });
  await expect(queue.approve(id, "admin")).rejects.toMatchObject({ code: "conflict" });
  expect(ran).toEqual([]);
});

test("an item that nobody decided expires", async () => {
  const clock = manualClock();
  const { queue, ran } = await openQueue({ clock, expiryMs: DAY_MS });
  const id = await queue.add(failed());
  clock.set(clock.now() + DAY_MS - 1);
  expect((await queue.get(id)).state).toBe("waiting");
  clock.set(clock.now() + 1);
  await expect(queue.approve(id, "admin")).rejects.toMatchObject({
    code: "conflict",
    message: expect.stringContaining("expired at 2026-01-02T00:00:00.000Z"),
  });
  expect([await queue.counts(), ran.length]).toEqual([{ expired: 1 }, 0]);
});

test("a full queue refuses, and takes items again when one is decided", async () => {
  const { queue } = await openQueue({ maxItems: 2 });
  const ids = [await queue.add(failed()), await queue.add(failed())];
  await expect(queue.add(failed())).rejects.toMatchObject({
    code: "unavailable",
    message: expect.stringContaining("2 items wait"),
  });
  await queue.reject(ids[0] ?? "", "admin");
  await queue.add(failed());
  const together = await Promise.allSettled([queue.add(failed()), queue.add(failed())]);
  expect(together.map(({ status }) => status)).toEqual(["rejected", "rejected"]);
  await expect(queue.add(failed({ args: { text: "x".repeat(300_000) } }))).rejects.toMatchObject({
    code: "invalid_input",
  });
});

test("items are listed page by page, the newest first, and by state", async () => {
  const { queue } = await openQueue();
  const ids: string[] = [];
  for (let n = 0; n < 5; n += 1) ids.unshift(await queue.add(failed()));
  await queue.reject(ids[2] ?? "", "admin");
  const idsOf = async (asked: Parameters<typeof queue.list>[0]) =>
    (await queue.list(asked)).map(({ id }) => id);
  expect(await idsOf({ limit: 2 })).toEqual(ids.slice(0, 2));
  expect(await idsOf({ limit: 2, before: ids[1] ?? "" })).toEqual(ids.slice(2, 4));
  expect(await idsOf({ state: "waiting" })).toEqual(ids.toSpliced(2, 1));
  expect(await queue.counts()).toEqual({ waiting: 4, rejected: 1 });
});

test("an item whose sealing key is lost can be seen and rejected, and never runs", async () => {
  const first = await openQueue();
  const id = await first.queue.add(failed());
  await first.close();
  const folder = dirname(first.file);
  rmSync(join(folder, "bridge", "keys"), { recursive: true });
  const { queue, ran } = await openQueue({ folder });
  const [item] = await queue.list();
  expect([item?.id, item?.arguments]).toEqual([id, undefined]);
  await expect(queue.approve(id, "admin")).rejects.toMatchObject({ code: "denied" });
  expect((await queue.reject(id, "admin")).state).toBe("rejected");
  expect(ran).toEqual([]);
});

test("every decision stands in the audit log, in its order", async () => {
  const { queue, file, close } = await openQueue();
  const [first, second] = [await queue.add(failed()), await queue.add(failed())];
  await queue.approve(first, "admin");
  await queue.reject(second, "local", "no");
  await close();
  const folder = join(dirname(file), "bridge", "audit");
  const entries = [];
  for await (const { entry } of readChain({ folder })) entries.push(entry);
  expect(entries).toMatchObject([
    { event: "review_approved", item: first, by: "admin", principal: "local", edited: false },
    { event: "review_rejected", item: second, by: "local" },
  ]);
  expect(readdirSync(join(dirname(file), "review-runners"))).toEqual([]);
});

test("what cannot be audited is not run, and waits again", async () => {
  const { queue, access, ran } = await openQueue();
  const id = await queue.add(failed());
  await access.audit.close();
  await expect(queue.approve(id, "admin")).rejects.toMatchObject({ code: "unavailable" });
  expect(await queue.get(id)).toMatchObject({ state: "waiting", attempts: 1 });
  expect(ran).toEqual([]);
});
