import { expect, test } from "vitest";
import { mountServer } from "../../test/_call.ts";

test("a server that runs alone says how to reach other servers, and diagnoses all the same", async () => {
  const { call } = mountServer({ KNOWLEDGE_DOCS_TOOL: "docs.search" });
  const { structuredContent } = await call("diagnose_error", { message: "pool timed out" });
  expect(structuredContent).toMatchObject({
    ...{ id: expect.any(String), known: false },
    documentation: { status: "failed", problem: expect.stringContaining("MCP_BRIDGE_URL") },
  });
});

test("without the setting nothing is asked, and a bad one is refused at the start", async () => {
  const { call } = mountServer();
  const { structuredContent } = await call("diagnose_error", { message: "pool timed out" });
  expect(structuredContent).not.toHaveProperty("documentation");
  const refused: [Record<string, string>, RegExp][] = [
    [{ KNOWLEDGE_DOCS_TOOL: "search" }, /KNOWLEDGE_DOCS_TOOL.*SERVER\.TOOL/],
    [{ KNOWLEDGE_DOCS_TOOL: "knowledge.diagnose_error" }, /must not be what asks it/],
    [{ KNOWLEDGE_DOCS_ARGUMENTS: "[1]" }, /KNOWLEDGE_DOCS_ARGUMENTS.*JSON object/],
  ];
  for (const [settings, message] of refused) expect(() => mountServer(settings)).toThrow(message);
});
