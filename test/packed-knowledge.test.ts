import { join } from "node:path";
import { describeInstalled, runBeside } from "./_installed.ts";

const storeDiagnosis = `import { openFolderStore, openKnowledge } from "@trestle-mcp/r2-knowledge";
const knowledge = openKnowledge({ store: await openFolderStore({ path: process.argv[1] }) });
const { id } = await knowledge.store({ error: { message: "pool timed out" }, fix: "Raise it" });
process.stdout.write(id);
await knowledge.close();`;

let id = "";

describeInstalled("the knowledge", {
  args: ({ bin }) => [bin("trestle-knowledge")],
  env: ({ scratch }) => ({ KNOWLEDGE_DATA_DIR: join(scratch, "knowledge") }),
  async prepare(installed) {
    id = await runBeside(installed, storeDiagnosis, join(installed.scratch, "knowledge"));
  },
  calls: () => ({
    diagnose_error: { name: "TimeoutError", message: "pool timed out after 3000 ms" },
    search_knowledge: { query: "poool timeout", since: "24h" },
    find_similar_errors: { message: "pool timed out after 20 ms" },
    learn_topic: { topic: "pools" },
    store_diagnosis: { error: { message: "ENOENT: config.yml" }, fix: "Copy the example" },
    record_outcome: { id, worked: true },
    get_diagnosis: { id },
    update_diagnosis: { id, version: 1, fix: "Raise the size to 20" },
    list_diagnoses: { limit: 5 },
    search_audits: { query: "heap" },
    record_audit: { errorType: "OOM", errorMessage: "the heap is full", successfulFix: false },
  }),
});
