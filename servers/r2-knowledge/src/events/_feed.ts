import { type Clock, silentLogger } from "@trestle/protocol";
import type { KnowledgeStore } from "../knowledge/knowledge-store.ts";
import { openKnowledge } from "../knowledge/open-knowledge.ts";
import { openFolderStore } from "../object-store/folder/open-folder-store.ts";
import type { ObjectStore } from "../object-store/object-store.ts";
import { createIds } from "../records/ids.ts";
import { type ChangeFeed, openChangeFeed } from "./change-feed.ts";

export interface Follower {
  readonly feed: ChangeFeed;
  readonly knowledge: KnowledgeStore;
  readonly store: ObjectStore;
  /** All that is told by now, gaps included, as short texts. */
  told(since?: number): Promise<string[]>;
}

const DAY = 86_400_000;

/** What one process has of a folder that others use too. */
export async function openFollower(path: string, clock: Clock): Promise<Follower> {
  const store = await openFolderStore({ path, clock });
  const ids = createIds({ clock });
  const feed = openChangeFeed({
    ...{ store, ids, clock, log: silentLogger, keepMs: 7 * DAY },
    describe: async () => ({ severity: "high" }),
  });
  const knowledge = openKnowledge({
    ...{ store, clock, refreshMs: 0, autoCompact: false },
    compacted: () => feed.keepUp(),
  });
  return {
    ...{ feed, knowledge, store },
    async told(since = 0) {
      await feed.pump();
      return (await feed.read(since, 10_000)).map((message) =>
        message.kind === "gap"
          ? `gap ${message.gap.from}-${message.gap.to}`
          : `${message.event.seq} ${message.event.topic} ${message.event.payload.id ?? ""}`.trim(),
      );
    },
  };
}
