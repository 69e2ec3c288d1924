import { appendFileSync, readFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { systemClock, TrestleError } from "@trestle/protocol";
import { openSqlite } from "@trestle/store";
import { readDefinition } from "../src/definitions/read.ts";
import { toPlan } from "../src/definitions/to-plan.ts";
import { createEngine } from "../src/engine/engine.ts";
import { runMigrations } from "../src/runs/sqlite/migrations.ts";
import { createSqliteRunStore } from "../src/runs/sqlite/sqlite-run-store.ts";
import { fails } from "./_world.ts";

/** Submits what a file says, goes on with what is there, writes down every call, and is killed at some moment. */
const [folder = ""] = process.argv.slice(2);
const ledger = join(folder, "calls.jsonl");
const store = createSqliteRunStore(
  await openSqlite({ file: join(folder, "runs.db"), migrations: runMigrations }),
);
const engine = createEngine({
  store,
  clock: systemClock,
  hostFor: () => ({
    callTool: (_server, _tool, _args, { idempotencyKey = "" } = {}) => call(idempotencyKey),
  }),
  planOf: async (id) => {
    throw new TrestleError("not_found", id);
  },
  newRunId: () => "unused",
  random: Math.random,
});

async function call(key: string) {
  appendFileSync(ledger, `${JSON.stringify({ key, pid: process.pid })}\n`);
  await new Promise((resolve) => setTimeout(resolve, Math.random() * 20));
  if (fails(key)) throw new TrestleError("unavailable", "it always fails");
  return { content: [], structuredContent: { key } };
}

// The clock of a run keeps no process alive.
const alive = setInterval(() => {}, 60_000);
await engine.recover();
const definitions = JSON.parse(readFileSync(join(folder, "workflows.json"), "utf8")) as object[];
const runIds = await Promise.all(
  definitions.map(async (given) => {
    const definition = readDefinition(given);
    const { id } = definition;
    const plan = toPlan(definition);
    const runId = await engine.submit({
      workflow: id,
      version: "1",
      plan,
      grant: "me",
      owner: "me",
      runId: `run-${id}`,
    });
    process.stdout.write(`${JSON.stringify({ submitted: runId })}\n`);
    return runId;
  }),
);
for (const runId of runIds) await engine.waitFor(runId, 600_000);
await engine.close();
await store.close();
clearInterval(alive);
