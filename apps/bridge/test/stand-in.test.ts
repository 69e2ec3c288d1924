import type { JsonObject } from "@trestle/protocol";
import { expect, test } from "vitest";
import { startCore } from "./_core.ts";
import { createPlace } from "./_place.ts";
import { entry } from "./_upstreams.ts";

test("what a caller asks of a call holds for the one that stands in for it", async () => {
  const place = createPlace();
  const slow = {
    timeout: { attemptMs: 100 },
    retry: { retries: 0 },
    tools: { read: { fallback: [{ kind: "tool", server: "two" }] } },
  };
  const { ask } = await startCore({
    mcpServers: {
      one: { ...entry(place, "one"), policy: slow },
      two: { ...entry(place, "two"), policy: { tools: { read: { cache: true } } } },
    },
  });
  const read = async (control: JsonObject) => {
    const input = { tool: "one.read", arguments: { beforeMs: 400 }, ...control };
    const { metadata } = await ask("call_tool", input);
    expect(metadata).toMatchObject({ fallback_used: true });
    const { executions } = await ask("history", { server: "two", limit: 1 });
    return (executions as JsonObject[])[0]?.cached;
  };
  expect(await read({})).toBe(false);
  expect(await read({})).toBe(true);
  expect(await read({ use_cache: false })).toBe(false);
});
