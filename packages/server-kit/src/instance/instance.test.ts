import type { JsonObject, ServerInstance } from "@trestle/protocol";
import { expect, test } from "vitest";
import { sample } from "../../test/fixtures/sample/server.ts";
import { defineServer } from "../define/server.ts";
import { plainTool, serverWith } from "./_plain-server.ts";
import { createTestHost, requestContext } from "./_test-host.ts";

test("lists the core tools in the order of their definition, with schemas and all four hints", async () => {
  const { instance } = mountSample();
  const { tools } = (await instance.request("tools/list", {}, requestContext())) as {
    tools: JsonObject[];
  };
  expect(tools.map((tool) => tool.name)).toEqual(["add_note", "list_notes"]);
  expect(tools[1]).toMatchObject({
    inputSchema: {
      type: "object",
      properties: {
        limit: {
          type: "integer",
          minimum: 1,
          maximum: 100,
          default: 20,
          description: "At most so many",
        },
      },
      additionalProperties: false,
    },
    outputSchema: { type: "object", required: ["notes"] },
    annotations: {
      readOnlyHint: true,
      destructiveHint: false,
      idempotentHint: true,
      openWorldHint: false,
    },
  });
  expect(tools[0]?.inputSchema).not.toHaveProperty("$schema");
});

test("the profile all lists every tool", async () => {
  const { instance } = mountSample({ profile: "all" });
  const { tools } = (await instance.request("tools/list", {}, requestContext())) as {
    tools: JsonObject[];
  };
  expect(tools).toHaveLength(6);
});

test("calls a tool by name and by alias, with structured content and text", async () => {
  const { instance } = mountSample();
  expect(await call(instance, "add_note", { text: "tea" })).toEqual({
    content: [{ type: "text", text: '{"count":1}' }],
    structuredContent: { count: 1 },
  });
  expect(await call(instance, "notes", {})).toEqual({
    content: [{ type: "text", text: "tea" }],
    structuredContent: { notes: ["tea"] },
  });
});

test("bad arguments are a result that names each field", async () => {
  const { instance } = mountSample();
  const result = await call(instance, "list_notes", { limit: "many", limits: 3 });
  expect(result).toMatchObject({
    isError: true,
    _meta: { "trestle/error": { code: "invalid_input", retryable: false } },
  });
  const text = (result.content as { text: string }[])[0]?.text;
  expect(text).toContain("- limit: Invalid input: expected number");
  expect(text).toContain('- limits: Unknown field; did you mean "limit"?');
});

test("an unknown tool, method or cursor is a protocol fault", async () => {
  const { instance } = mountSample();
  await expect(call(instance, "ad_note", {})).rejects.toMatchObject({
    code: -32602,
    message: 'Unknown tool "ad_note"; did you mean "add_note"?',
  });
  await expect(instance.request("tools/fly", {}, requestContext())).rejects.toMatchObject({
    code: -32601,
  });
  await expect(
    instance.request("tools/list", { cursor: "" }, requestContext()),
  ).rejects.toMatchObject({ code: -32602 });
});

test("an unexpected failure shows an incident, and its cause only in the log", async () => {
  const { instance, host } = mountSample({ SAMPLE_GREETING: "s3cret-greeting" });
  const result = await call(instance, "fail", { how: "unexpected" });
  const { code, details } = errorOf(result);
  expect(code).toBe("internal");
  expect(JSON.stringify(result)).not.toContain("broken");
  expect(host.logged).toContainEqual(
    expect.objectContaining({
      message: "unexpected failure",
      fields: expect.objectContaining(details as object),
    }),
  );
});

test("an error that a library numbered is no protocol fault", async () => {
  const timedOut = () => {
    throw new DOMException("too late", "TimeoutError");
  };
  const instance = serverWith(plainTool("late", timedOut)).mount(createTestHost(), {});
  expect(errorOf(await call(instance, "late", {})).code).toBe("internal");
});

test("what a mounted server logs carries none of its secrets", async () => {
  const { instance, host } = mountSample({ SAMPLE_GREETING: "s3cret-greeting" });
  await call(instance, "list_notes", {});
  expect(host.logged).toContainEqual(expect.objectContaining({ message: "opened" }));
  expect(JSON.stringify(host.logged)).not.toContain("s3cret");
});

test("a typed failure keeps its code", async () => {
  const { instance } = mountSample();
  expect(errorOf(await call(instance, "fail", { how: "expected" })).code).toBe("not_found");
});

test("cancelling ends a call that waits", async () => {
  const { instance } = mountSample();
  const controller = new AbortController();
  const result = instance.request(
    "tools/call",
    { name: "wait", arguments: {} },
    { ...requestContext(), signal: controller.signal, onProgress: () => controller.abort() },
  );
  expect(errorOf(await result).code).toBe("cancelled");
});

test("opens the state at the first call, once, and tries again after a failure", async () => {
  let opened = 0;
  const definition = defineServer({
    name: "lazy",
    title: "Lazy",
    version: "1.0.0",
    description: "d",
    open: () => {
      opened += 1;
      if (opened === 1) throw new Error("not yet");
      return { opened };
    },
    tools: [
      plainTool("count", (_input, { state }) => ({
        text: String((state as { opened: number }).opened),
      })),
    ],
  });
  const instance = definition.mount(createTestHost(), {});
  await instance.request("tools/list", {}, requestContext());
  expect(opened).toBe(0);
  expect(errorOf(await call(instance, "count", {})).code).toBe("internal");
  await Promise.all([call(instance, "count", {}), call(instance, "count", {})]);
  expect(opened).toBe(2);
});

test("output that breaks its schema is an internal failure", async () => {
  const definition = serverWith(plainTool("lie", () => ({ text: 5 }) as never));
  expect(errorOf(await call(definition.mount(createTestHost(), {}), "lie", {})).code).toBe(
    "internal",
  );
});

test("reads resources by URI and by template, and refuses unknown ones", async () => {
  const { instance } = mountSample();
  await call(instance, "add_note", { text: "tea" });
  expect(await instance.request("resources/read", { uri: "note://0" }, requestContext())).toEqual({
    contents: [{ uri: "note://0", text: "tea" }],
  });
  for (const uri of ["note://7", "other://x"]) {
    await expect(
      instance.request("resources/read", { uri }, requestContext()),
    ).rejects.toMatchObject({ code: -32602 });
  }
});

test("completes prompt arguments and template variables", async () => {
  const { instance } = mountSample();
  await call(instance, "add_note", { text: "tea" });
  const prompt = {
    ref: { type: "ref/prompt", name: "recall" },
    argument: { name: "topic", value: "t" },
  };
  expect(await instance.request("completion/complete", prompt, requestContext())).toEqual({
    completion: { values: ["tea", "time"], total: 2, hasMore: false },
  });
  const template = {
    ref: { type: "ref/resource", uri: "note://{index}" },
    argument: { name: "index", value: "" },
  };
  expect(await instance.request("completion/complete", template, requestContext())).toMatchObject({
    completion: { values: ["0"] },
  });
});

test("a prompt without a required argument is a protocol fault that names it", async () => {
  const { instance } = mountSample();
  await expect(
    instance.request("prompts/get", { name: "recall" }, requestContext()),
  ).rejects.toMatchObject({
    code: -32602,
    message: expect.stringContaining('"topic"'),
  });
});

test("only the modern era is told how long a list holds", async () => {
  const { instance } = mountSample();
  const modern = { era: "modern", protocolVersion: "2026-07-28", capabilities: {} } as const;
  const listed = await instance.request("tools/list", {}, { ...requestContext(), client: modern });
  expect(listed).toMatchObject({ cacheScope: "public", ttlMs: expect.any(Number) });
  expect(await instance.request("tools/list", {}, requestContext())).not.toHaveProperty("ttlMs");
});

function mountSample(settings: Record<string, string> = {}) {
  const host = createTestHost();
  return { host, instance: sample.mount(host, settings) };
}

function call(instance: ServerInstance, name: string, args: JsonObject): Promise<JsonObject> {
  return instance.request("tools/call", { name, arguments: args }, requestContext());
}

function errorOf(result: JsonObject): JsonObject {
  return (result._meta as Record<string, JsonObject>)["trestle/error"] ?? {};
}
