import { join } from "node:path";
import process from "node:process";
import { type Clock, type Logger, systemClock, TrestleError } from "@trestle/protocol";
import { openSqlite } from "@trestle/store";
import { checkNode } from "@trestle-mcp/server-kit/node-version";
import type { TrackerStore } from "../tracker-store.ts";
import { exportLines, importLines, type MovableStore } from "../transfer.ts";
import { createCommitter } from "./commit.ts";
import { createDocuments } from "./documents.ts";
import { fillHeads } from "./fill-heads.ts";
import { createMovable } from "./movable.ts";
import { createPeopleWrites } from "./people.ts";
import { createProgress } from "./progress.ts";
import { createErrorReads } from "./read-errors.ts";
import { createFactReads } from "./read-facts.ts";
import { createRecordReads } from "./read-records.ts";
import { createTaskReads } from "./read-tasks.ts";
import { createTraceReads } from "./read-traces.ts";
import { createRetention } from "./retention.ts";
import { migrations } from "./schema.ts";
import { searchRecords } from "./search-records.ts";

export interface SqliteStoreOptions {
  /** Made where it does not exist; holds `tracker.db`. */
  readonly folder: string;
  readonly clock?: Clock;
  readonly log?: Logger;
}

/** The first whose SQLite has the index of full text, FTS5. */
const LEAST_NODE = "22.16";

/**
 * Opens the store in a folder, made and migrated where needed. Throws `unsupported` for one that a newer
 * program has written, and where Node is too old.
 */
export async function openSqliteStore(options: SqliteStoreOptions): Promise<MovableStore> {
  const { folder, clock = systemClock, log } = options;
  const problem = checkNode(process.versions.node, LEAST_NODE);
  if (problem !== undefined)
    throw new TrestleError(
      "unsupported",
      `${problem} Or let REDIS_URL name a Redis to keep it in.`,
    );
  const file = join(folder, "tracker.db");
  const sqlite = await openSqlite({ file, migrations, clock, ...(log ? { log } : {}) });
  const committer = createCommitter(sqlite);
  await fillHeads(sqlite, committer);
  const movable = { ...createMovable(sqlite, committer), commit };
  function commit(batch: Parameters<TrackerStore["commit"]>[0]) {
    return committer.commit(batch, clock.now());
  }
  return {
    ...movable,
    ...createProgress(sqlite, committer, clock),
    ...createRecordReads(sqlite),
    search: (query) => searchRecords(sqlite, query),
    ...createTaskReads(sqlite),
    ...createErrorReads(sqlite),
    ...createFactReads(sqlite),
    ...createTraceReads(sqlite),
    ...createPeopleWrites(sqlite, committer, clock),
    ...createDocuments(sqlite, committer),
    ...createRetention(sqlite, committer),
    exportLines: () => exportLines(movable),
    importLines: (lines) => importLines(movable, lines),
    close: () => sqlite.close(),
  };
}
