import { readFileSync } from "node:fs";
import {
  type Host,
  isJsonObject,
  LOCAL_PRINCIPAL,
  silentLogger,
  systemClock,
} from "@trestle/protocol";
import { temporaryFolder } from "@trestle/testkit/surroundings";
import { createStandaloneHost } from "@trestle-mcp/server-kit";
import { expect, test } from "vitest";
import { server } from "../src/server.ts";

const page = readFileSync(new URL("../../../docs/orchestrator.md", import.meta.url), "utf8");
const blocks = [...page.matchAll(/```(yaml|json)\n([\s\S]*?)```/g)].map(
  ([, language, text = ""]) =>
    language === "yaml"
      ? { name: "register_workflow", arguments: { definition: text } }
      : JSON.parse(text),
);

test("every example of the page works as it stands", async () => {
  const log = silentLogger;
  const host = createStandaloneHost({ dataDir: temporaryFolder(), clock: systemClock, log });
  const calls = {
    listTools: async () => [],
    callTool: async () => ({ content: [], structuredContent: { id: "d1", state: "up" } }),
  };
  const port: Host = { ...host, forCall: () => calls, forGrant: () => calls };
  const instance = server.mount(port, {});
  expect(blocks.length).toBeGreaterThan(5);
  for (const params of blocks) {
    const result = await instance.request("tools/call", params, {
      principal: LOCAL_PRINCIPAL,
      signal: new AbortController().signal,
      client: { era: "modern", protocolVersion: "2026-07-28", capabilities: {} },
    });
    expect([params.name, result.isError, JSON.stringify(result.content)]).toEqual([
      ...[params.name, undefined, expect.anything()],
    ]);
    if (params.name !== "execute_workflow") continue;
    const { structuredContent } = result;
    expect(isJsonObject(structuredContent) && structuredContent.status).toBe("succeeded");
  }
  await instance.close();
  await host.close();
}, 60_000);
