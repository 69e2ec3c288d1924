import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { describeServer } from "@trestle/testkit";
import { afterAll } from "vitest";
import { openFolderStore, openKnowledge, server } from "../src/index.ts";

const bin = fileURLToPath(new URL("../src/bin.ts", import.meta.url));

/** One folder for all, with one diagnosis that the calls are about; each test has a home of its own. */
const path = mkdtempSync(join(tmpdir(), "trestle-knowledge-"));
afterAll(() => rmSync(path, { recursive: true, force: true, maxRetries: 5 }));
const knowledge = openKnowledge({ store: await openFolderStore({ path }) });
const { id } = await knowledge.store({
  error: { message: "pool timed out" },
  fix: "Raise the size",
});
await knowledge.close();
const place = { KNOWLEDGE_DATA_DIR: path };

describeServer("r2-knowledge", {
  spawn: { command: process.execPath, args: [bin], env: place },
  definition: server,
  settings: place,
  sampleCalls: {
    diagnose_error: { name: "TimeoutError", message: "pool timed out after 3000 ms" },
    search_knowledge: { query: "poool timeout", since: "24h" },
    find_similar_errors: { message: "pool timed out after 20 ms" },
    learn_topic: { topic: "pools" },
    store_diagnosis: { error: { message: "ENOENT: config.yml" }, fix: "Copy the example" },
    record_outcome: { id, worked: true, evidence: "the test passes" },
    get_diagnosis: { id },
    update_diagnosis: { id, version: 1, fix: "Raise the size to 20", context: "api" },
    list_diagnoses: { limit: 5 },
    search_audits: { query: "heap" },
    record_audit: { errorType: "OOM", errorMessage: "the heap is full", successfulFix: false },
  },
});
