import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describeServer } from "@trestle/testkit";
import { openFolderStore, openKnowledge } from "@trestle-mcp/r2-knowledge";
import { afterAll } from "vitest";

const bin = fileURLToPath(new URL("../src/bin.ts", import.meta.url));
const folder = mkdtempSync(join(tmpdir(), "trestle-bridge-knowledge-"));
afterAll(() => rmSync(folder, { recursive: true, force: true, maxRetries: 5 }));
const path = join(folder, "knowledge");
mkdirSync(path);

const knowledge = openKnowledge({ store: await openFolderStore({ path }) });
const error = { message: "pool timed out" };
const { id } = await knowledge.store({ error, fix: "Raise the size" });
await knowledge.close();

const configFile = join(folder, "trestle.json");
const mcpServers = { knowledge: { embedded: "knowledge" } };
const catalog = { tools: { own: "hidden" } };
writeFileSync(configFile, JSON.stringify({ mcpServers, catalog }));

describeServer("the knowledge in the bridge", {
  spawn: {
    command: process.execPath,
    args: [bin, "--config", configFile, "serve", "--stdio"],
    env: { KNOWLEDGE_DATA_DIR: path },
  },
  isOwnProgram: true,
  sampleCalls: {
    knowledge__diagnose_error: { name: "TimeoutError", message: "pool timed out after 3000 ms" },
    knowledge__search_knowledge: { query: "poool timeout", since: "24h" },
    knowledge__find_similar_errors: { message: "pool timed out after 20 ms" },
    knowledge__learn_topic: { topic: "pools" },
    knowledge__store_diagnosis: { error: { message: "ENOENT: config.yml" }, fix: "Copy it" },
    knowledge__record_outcome: { id, worked: true, evidence: "the test passes" },
    knowledge__get_diagnosis: { id },
    knowledge__update_diagnosis: { id, version: 1, fix: "Raise the size to 20", context: "api" },
    knowledge__list_diagnoses: { limit: 5 },
    knowledge__search_audits: { query: "heap" },
    knowledge__record_audit: { errorType: "OOM", errorMessage: "heap full", successfulFix: false },
  },
});
