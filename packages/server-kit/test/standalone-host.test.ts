import {
  type JsonObject,
  LOCAL_PRINCIPAL,
  type RequestContext,
  silentLogger,
  systemClock,
} from "@trestle/protocol";
import { expect, onTestFinished, test } from "vitest";
import * as z from "zod";
import { createStandaloneHost, defineServer, defineTool, serveHttp } from "../src/index.ts";
import { makeHome } from "./_sample.ts";

const context: RequestContext = {
  principal: LOCAL_PRINCIPAL,
  signal: new AbortController().signal,
  client: { era: "modern", protocolVersion: "2026-07-28", capabilities: {} },
};

test("without a bridge, calling another server says how to get one", async () => {
  const host = createHost();
  await expect(host.forCall(context).callTool("database", "run_sql", {})).rejects.toMatchObject({
    code: "unavailable",
    message: expect.stringContaining("MCP_BRIDGE_URL"),
  });
});

test("with a bridge, tools are called there by their exposed names, with the key and the idempotency key", async () => {
  const seen: JsonObject[] = [];
  const bridge = await serveBridge(seen);
  const host = createHost({ url: bridge, key: "bridge-key" });
  const calls = host.forCall(context);
  expect((await calls.listTools()).map((tool) => tool.name)).toEqual(["echo__say"]);
  const result = await calls.callTool("echo", "say", { text: "tea" }, { idempotencyKey: "r/s/1" });
  expect(result.structuredContent).toEqual({ text: "tea" });
  expect(seen[0]?.["trestle/idempotencyKey"]).toBe("r/s/1");
});

function createHost(bridge?: { url: string; key: string }) {
  const host = createStandaloneHost({
    dataDir: makeHome(),
    clock: systemClock,
    log: silentLogger,
    ...(bridge && { bridge }),
  });
  onTestFinished(() => host.close());
  return host;
}

/** Stands for a bridge: a server whose tools have exposed names. */
async function serveBridge(seen: JsonObject[]): Promise<string> {
  const say = defineTool({
    name: "echo__say",
    title: "Say",
    description: "Says it back.",
    input: z.object({ text: z.string() }),
    output: z.object({ text: z.string() }),
    hints: { readOnly: true, destructive: false, idempotent: true, openWorld: false },
    run({ text }, { meta }) {
      seen.push(meta);
      return { text };
    },
  });
  const server = defineServer({
    name: "bridge",
    title: "B",
    version: "1.0.0",
    description: "d",
    tools: [say],
  });
  const instance = server.mount(createHost(), {});
  const serving = await serveHttp(instance, {
    port: 0,
    bearerKey: "bridge-key",
    log: silentLogger,
  });
  onTestFinished(() => serving.close());
  return serving.url;
}
