import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type JsonObject, type ServerInstance, TrestleError } from "@trestle/protocol";
import { afterEach, beforeEach, expect, test } from "vitest";
import * as z from "zod";
import { defineServer } from "../define/server.ts";
import { defineTool } from "../define/tool.ts";
import { createTestHost, requestContext } from "../instance/_test-host.ts";

let dataDir: string;
let instances: ServerInstance[];
let runs: string[];

beforeEach(() => {
  dataDir = mkdtempSync(join(tmpdir(), "trestle-idempotency-"));
  instances = [];
  runs = [];
});
afterEach(async () => {
  await Promise.all(instances.map((instance) => instance.close()));
  rmSync(dataDir, { recursive: true, force: true });
});

test("a finished call is replayed, also by another process on the same folder, and runs once", async () => {
  const [first, second] = [mount(), mount()];
  const result = await call(first, "k", { text: "tea" });
  expect(result.structuredContent).toEqual({ count: 1 });
  expect(await call(first, "k", { text: "tea" })).toEqual(result);
  expect(await call(second, "k", { text: "tea" })).toEqual(result);
  expect(runs).toEqual(["tea"]);
});

test("the result is kept when the server starts again", async () => {
  const first = mount();
  const result = await call(first, "k", { text: "tea" });
  await first.close();
  expect(await call(mount(), "k", { text: "tea" })).toEqual(result);
});

test("the same key with other arguments is a conflict; another principal has keys of its own", async () => {
  const instance = mount();
  await call(instance, "k", { text: "tea" });
  expect(codeOf(await call(instance, "k", { text: "milk" }))).toBe("conflict");
  const other = { ...requestContext(), principal: { id: "other", kind: "key" } as const };
  expect((await call(instance, "k", { text: "milk" }, other)).structuredContent).toEqual({
    count: 2,
  });
});

test("a call in progress is answered as such, here and elsewhere", async () => {
  const [first, second] = [mount(), mount()];
  const started = Promise.withResolvers<void>();
  const release = Promise.withResolvers<void>();
  hold = async () => {
    started.resolve();
    await release.promise;
  };
  const running = call(first, "k", { text: "tea" });
  await started.promise;
  const early = await Promise.all([first, second].map((it) => call(it, "k", { text: "tea" })));
  expect(early.map(codeOf)).toEqual(["in_progress", "in_progress"]);
  release.resolve();
  expect(await call(second, "k2", { text: "milk" })).toMatchObject({ structuredContent: {} });
  const result = await running;
  expect(await call(second, "k", { text: "tea" })).toEqual(result);
});

test("a failure that may pass is tried again, any other is kept", async () => {
  const instance = mount();
  hold = () => {
    hold = () => {
      throw new TrestleError("denied", "Not you.");
    };
    throw new TrestleError("unavailable", "Not now.");
  };
  expect(codeOf(await call(instance, "k", { text: "tea" }))).toBe("unavailable");
  expect(codeOf(await call(instance, "k", { text: "tea" }))).toBe("denied");
  hold = () => {};
  expect(codeOf(await call(instance, "k", { text: "tea" }))).toBe("denied");
});

test("a call that was cut short has an unknown outcome, and is not run again", async () => {
  const instance = mount();
  const controller = new AbortController();
  hold = (signal) => {
    controller.abort();
    signal.throwIfAborted();
  };
  const context = { ...requestContext(), signal: controller.signal };
  expect(codeOf(await call(instance, "k", { text: "tea" }, context))).toBe("cancelled");
  hold = () => {};
  await expect
    .poll(async () => codeOf(await call(instance, "k", { text: "tea" })))
    .toBe("outcome_unknown");
  expect(runs).toEqual([]);
});

test("bad arguments and read-only tools use up no key", async () => {
  const instance = mount();
  expect(codeOf(await call(instance, "k", { text: 5 }))).toBe("invalid_input");
  expect((await call(instance, "k", { text: "tea" })).structuredContent).toEqual({ count: 1 });
});

test("a key that cannot be honoured is refused before anything is done", async () => {
  const instance = mount();
  for (const key of ["", "x".repeat(257), 7 as never]) {
    expect(codeOf(await call(instance, key, { text: "tea" }))).toBe("invalid_input");
  }
  expect(runs).toEqual([]);
});

let hold: (signal: AbortSignal) => unknown = () => {};
beforeEach(() => {
  hold = () => {};
});

function mount(): ServerInstance {
  const add = defineTool({
    name: "add",
    title: "Add",
    description: "Adds.",
    input: z.object({ text: z.string() }),
    output: z.object({ count: z.int() }),
    hints: { readOnly: false, destructive: false, idempotent: false, openWorld: false },
    async run({ text }, { signal }) {
      if (text === "tea") await hold(signal);
      return { count: runs.push(text) };
    },
  });
  const server = defineServer({
    name: "s",
    title: "S",
    version: "1.0.0",
    description: "d",
    tools: [add],
  });
  const instance = server.mount(createTestHost(dataDir), {});
  instances.push(instance);
  return instance;
}

function call(
  instance: ServerInstance,
  key: string,
  args: JsonObject,
  context = requestContext(),
): Promise<JsonObject> {
  const params = { name: "add", arguments: args, _meta: { "trestle/idempotencyKey": key } };
  return instance.request("tools/call", params, context);
}

function codeOf(result: JsonObject): unknown {
  return (result._meta as Record<string, JsonObject> | undefined)?.["trestle/error"]?.code;
}
