import { type ManualClock, manualClock, temporaryFolder } from "@trestle/testkit/surroundings";
import { onTestFinished } from "vitest";
import { openFolderStore } from "../object-store/folder/open-folder-store.ts";
import type { ObjectStore } from "../object-store/object-store.ts";
import type { KnowledgeStore } from "./knowledge-store.ts";
import { type KnowledgeOptions, openKnowledge } from "./open-knowledge.ts";

export interface Opened {
  readonly knowledge: KnowledgeStore;
  readonly store: ObjectStore;
  readonly clock: ManualClock;
  readonly path: string;
}

/** Knowledge in a folder of its own, or in one that others use too, under a clock that stands still. */
export async function openTestKnowledge(
  options: Partial<KnowledgeOptions> & { path?: string; clock?: ManualClock } = {},
): Promise<Opened> {
  const { path = temporaryFolder("knowledge"), clock = manualClock(Date.UTC(2026, 5, 1)) } =
    options;
  const store = options.store ?? (await openFolderStore({ path }));
  const knowledge = openKnowledge({ refreshMs: 0, autoCompact: false, ...options, store, clock });
  onTestFinished(() => knowledge.close());
  return { knowledge, store, clock, path };
}

export const timeout = (id: number) => ({
  error: {
    name: "TimeoutError",
    message: `connection pool timed out after ${id} ms waiting for a client`,
    stack: `TimeoutError: x\n    at acquire (/srv/${id}/pool.js:${id}:3)\n    at query (/srv/${id}/db.js:9:1)`,
  },
});
