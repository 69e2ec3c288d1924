import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { RunEvent } from "@trestle/flow";
import type { Clock, JsonObject } from "@trestle/protocol";
import { openSqlite } from "@trestle/store";
import { readDefinition } from "../definitions/read.ts";
import { toPlan } from "../definitions/to-plan.ts";
import { runMigrations } from "../runs/sqlite/migrations.ts";
import { createSqliteRunStore } from "../runs/sqlite/sqlite-run-store.ts";
import { createEngine, type Submission } from "./engine.ts";

export interface Called {
  readonly tool: string;
  readonly args: JsonObject;
  readonly key: string;
  readonly signal: AbortSignal;
}

export type Answer = (called: Called) => Promise<JsonObject> | JsonObject;

export function submission(steps: readonly object[], facts: object = {}): Submission {
  const plan = toPlan(readDefinition({ id: "test", steps, ...facts }));
  return { workflow: "test", version: "1", plan, grant: "me", owner: "me" };
}

export const task = (id: string, facts: object = {}) => ({ id, server: "s", tool: id, ...facts });

/** An engine on a file; `answer` stands for the servers that it calls. */
export async function openEngine(
  folder: string,
  {
    clock,
    answer,
    workflows = {},
  }: { clock: Clock; answer: Answer; workflows?: Record<string, Submission> },
) {
  const events: [string, RunEvent][] = [];
  const store = createSqliteRunStore(
    await openSqlite({ file: join(folder, "runs.db"), migrations: runMigrations }),
  );
  let count = 0;
  const engine = createEngine({
    store,
    clock,
    hostFor: () => ({
      callTool: async (_server, tool, args, { idempotencyKey: key = "", signal } = {}) =>
        answer({ tool, args, key, signal: signal ?? new AbortController().signal }),
    }),
    planOf: async (id) => workflows[id] as Submission,
    newRunId() {
      count += 1;
      return `run-${process.pid}-${count}`;
    },
    random: () => 0.5,
    onEvent: (runId, event) => void events.push([runId, event]),
  });
  return {
    engine,
    store,
    events,
    async close() {
      await engine.close();
      await store.close();
    },
  };
}

export function temporaryFolder() {
  const path = mkdtempSync(join(tmpdir(), "trestle-engine-"));
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) };
}

/** What a tool says whose result is this document. */
export function says(document: JsonObject): JsonObject {
  return { content: [], structuredContent: document };
}
