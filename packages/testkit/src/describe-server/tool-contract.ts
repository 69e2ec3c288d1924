import type { JsonObject } from "@trestle/protocol";
import { Ajv2020 } from "ajv/dist/2020.js";
import { expect, test } from "vitest";
import type { RawSession } from "./raw-session.ts";
import { type ServerUnderTest, useShared } from "./subject.ts";

const MAX_CORE_TOOLS = 12;

/** What the tools promise, and whether they keep it; all of it asked of one process. */
export function toolContract(subject: ServerUnderTest): void {
  const shared = useShared(subject);

  test("every tool states itself fully, and its hints do not contradict each other", async () => {
    const tools = await listTools((await shared()).session);
    expect(tools.length).toBeLessThanOrEqual(MAX_CORE_TOOLS);
    for (const tool of tools) {
      expect(tool).toMatchObject({
        name: expect.stringMatching(/^[a-z0-9_]{1,32}$/),
        title: expect.stringMatching(/\S/),
        description: expect.stringMatching(/\S/),
        inputSchema: { type: "object" },
        outputSchema: { type: "object" },
        annotations: {
          readOnlyHint: expect.any(Boolean),
          destructiveHint: expect.any(Boolean),
          idempotentHint: expect.any(Boolean),
          openWorldHint: expect.any(Boolean),
        },
      });
      const hints = tool.annotations as JsonObject;
      expect(hints.readOnlyHint && hints.destructiveHint, `${tool.name} reads and destroys`).toBe(
        false,
      );
      for (const [field, schema] of Object.entries(propertiesOf(tool))) {
        expect(schema, `${tool.name}.${field} has no description`).toHaveProperty("description");
      }
    }
  });

  test("every listed tool works, and its structured output is valid against its schema", async () => {
    const { session } = await shared();
    const tools = await listTools(session);
    expect(Object.keys(subject.sampleCalls).sort()).toEqual(tools.map((tool) => tool.name).sort());
    const ajv = new Ajv2020({ strict: false });
    ajv.addFormat("date-time", true);
    for (const [name, args] of Object.entries(subject.sampleCalls)) {
      const result = await session.call(name, args);
      expect(result, JSON.stringify(result)).not.toHaveProperty("isError", true);
      const schema = tools.find((tool) => tool.name === name)?.outputSchema as JsonObject;
      const valid = ajv.validate(schema, result.structuredContent);
      expect(valid, `${name}: ${ajv.errorsText()}`).toBe(true);
      expect(result.content).toContainEqual(expect.objectContaining({ type: "text" }));
    }
  });

  test("an unknown tool is a protocol fault, bad arguments are a result that names the field", async () => {
    const { session } = await shared();
    const [tool] = await listTools(session);
    await expect(session.call("no_such_tool", {})).rejects.toMatchObject({ code: -32602 });
    const result = await session.call(String(tool?.name), { no_such_field: 1 });
    expect(result.isError).toBe(true);
    expect(errorOf(result).code).toBe("invalid_input");
    expect(JSON.stringify(result.content)).toContain("no_such_field");
  });

  test("a message of 64 MiB is taken, and the next one too", { timeout: 60_000 }, async () => {
    const { session } = await shared();
    const [tool] = await listTools(session);
    const padding = "x".repeat(64 * 1024 * 1024);
    const result = await session.call(String(tool?.name), { padding });
    expect(result.isError).toBe(true);
    expect(await session.request("tools/list")).toHaveProperty("result");
  });

  test("a cancelled call is not answered, and the server goes on", async () => {
    const { session } = await shared();
    const [tool] = await listTools(session);
    const { longCall } = subject;
    session.send({
      id: "long",
      method: "tools/call",
      params: {
        name: longCall?.tool ?? tool?.name,
        arguments: longCall?.arguments ?? {},
        _meta: { progressToken: "long" },
      },
    });
    // A call that tells its progress is surely under way.
    if (longCall) await session.notification("notifications/progress");
    session.send({ method: "notifications/cancelled", params: { requestId: "long" } });
    expect(await session.request("tools/list")).toHaveProperty("result");
    if (longCall) expect(session.lines.join("\n")).not.toContain('"id":"long"');
  });

  test("a write with an idempotency key is done once, and answered the same again", async () => {
    const { session: first, bench } = await shared();
    const tools = await listTools(first);
    const second = bench.start();
    await second.initialize();
    for (const [name, args] of Object.entries(subject.sampleCalls)) {
      const result = await callWithKey(first, name, args);
      const hints = tools.find((tool) => tool.name === name)?.annotations as JsonObject;
      if (hints.readOnlyHint) continue;
      expect(await callWithKey(first, name, args)).toEqual(result);
      expect(await callWithKey(second, name, args)).toEqual(result);
    }
  });
}

/** What a bridge says of this one call (its id, how long it took) belongs to no answer. */
async function callWithKey(
  session: RawSession,
  name: string,
  args: JsonObject,
): Promise<JsonObject> {
  const key = { "trestle/idempotencyKey": `run/${name}/1` };
  const { _meta, ...result } = await session.call(name, args, key);
  const { "trestle/call": _, ...meta } = (_meta ?? {}) as JsonObject;
  return { ...result, _meta: meta };
}

async function listTools(session: RawSession): Promise<JsonObject[]> {
  const { result } = await session.request("tools/list");
  return (result?.tools ?? []) as JsonObject[];
}

function propertiesOf(tool: JsonObject): JsonObject {
  return ((tool.inputSchema as JsonObject).properties ?? {}) as JsonObject;
}

function errorOf(result: JsonObject): JsonObject {
  return ((result._meta as JsonObject | undefined)?.["trestle/error"] ?? {}) as JsonObject;
}
