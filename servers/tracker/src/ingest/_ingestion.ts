import type { Clock } from "@trestle/protocol";
import { temporaryFolder } from "@trestle/testkit/surroundings";
import { onTestFinished } from "vitest";
import { createDrain } from "../drain/drain.ts";
import { createExtractors } from "../facts/extractors.ts";
import { createRecordRedact } from "../redact/redact-record.ts";
import type { Source } from "../sources/source.ts";
import { openSqliteStore } from "../store/sqlite/open.ts";
import type { TrackerStore } from "../store/tracker-store.ts";
import { createTaskDirectory } from "../tasks/task-directory.ts";
import { openIngestion } from "./open-ingestion.ts";

export async function openTemporaryStore(clock: Clock): Promise<TrackerStore> {
  const store = await openSqliteStore({ folder: temporaryFolder("store"), clock });
  onTestFinished(() => store.close());
  return store;
}

/** One run of a reader into a store that outlives it. */
export function startIngestion(store: TrackerStore, clock: Clock, source: Source) {
  const ingestion = openIngestion({
    store,
    clock,
    host: "test",
    holder: crypto.randomUUID(),
    sources: async () => [source],
    extractors: createExtractors({ drain: createDrain(), tasks: createTaskDirectory() }),
    redact: createRecordRedact(),
    watch: "poll",
  });
  onTestFinished(() => ingestion.close());
  return ingestion;
}

export function sourceOf(kind: Source["kind"], path: string): Source {
  return { name: kind, kind, path, isAskedFor: true };
}

let lines = 0;

/** A line of a transcript of Claude Code: somebody says something in session `s1`. */
export function said(type: "user" | "assistant", text: string, at: number): string {
  lines += 1;
  const content = type === "user" ? text : [{ type: "text", text }];
  const message = { role: type, id: `m${lines}`, content, stop_reason: "end_turn" };
  const timestamp = new Date(at).toISOString();
  return `${JSON.stringify({ type, uuid: `u${lines}`, sessionId: "s1", timestamp, message })}\n`;
}
