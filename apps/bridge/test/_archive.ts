import { randomUUID } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createRedact } from "@trestle/policy";
import { silentLogger, systemClock } from "@trestle/protocol";
import { createLocalDatabase } from "@trestle/testkit/local-postgres";
import { onTestFinished } from "vitest";
import { type Audit, openAudit } from "../src/access/audit.ts";
import { type Archive, type ArchiveStatus, createArchive } from "../src/archive/archive.ts";
import type { ArchiveRetention } from "../src/archive/retention.ts";
import { createHistoryReader, type HistoryReader } from "../src/state/history/reader.ts";
import { openRecords, type Records } from "../src/state/records.ts";
import { until } from "./_processes.ts";

/** What one bridge keeps, and its copy. */
export interface ArchivedHome {
  readonly folder: string;
  readonly home: string;
  readonly records: Records;
  readonly audit: Audit;
  readonly archive: Archive;
  readonly reader: HistoryReader;
  /** Resolves once Postgres has all of it. */
  copied(): Promise<void>;
  /** Resolves once the status is as expected. */
  stands(what: string, expected: (status: ArchiveStatus) => boolean): Promise<void>;
  close(): Promise<void>;
}

export interface HomeOptions {
  readonly url: string;
  readonly folder?: string;
  readonly home?: string;
  readonly maxRows?: number;
  readonly statementMs?: number;
  readonly retention?: ArchiveRetention;
}

const WAIT_MS = 30_000;

/** A database of the test's own. */
export async function createArchiveDatabase(): Promise<string> {
  const { url, drop } = await createLocalDatabase({ prefix: "trestle_archive" });
  onTestFinished(drop);
  return url;
}

export async function openArchivedHome(options: HomeOptions): Promise<ArchivedHome> {
  const { url, home = randomUUID(), maxRows = 10_000, retention = {}, statementMs } = options;
  const folder = options.folder ?? temporaryHome();
  const parts = { clock: systemClock, log: silentLogger };
  const file = join(folder, "history.db");
  const records = await openRecords({
    ...parts,
    file,
    maxRows,
    isCopied: true,
    redact: createRedact(),
  });
  const audit = await openAudit({ ...parts, folder: join(folder, "audit") });
  const { history, outgoing } = records;
  const archive = createArchive({
    ...{ ...parts, url, home, history, outgoing, audit, retention, hostName: "test", everyMs: 50 },
    ...(statementMs === undefined ? {} : { statementMs }),
  });
  let closing: Promise<void> | undefined;
  const end = async () => {
    await archive.close();
    await audit.close();
    await records.close();
  };
  const close = () => (closing ??= end());
  onTestFinished(close);
  const stands: ArchivedHome["stands"] = async (what, expected) =>
    void (await until(what, () => expected(archive.status()), WAIT_MS));
  return {
    ...{ folder, home, records, audit, archive, close, stands },
    reader: createHistoryReader({ own: history, others: () => [archive], log: silentLogger }),
    async copied() {
      await history.newest({ limit: 1 });
      await stands("all is copied", ({ state, lagRows, auditBehind }) => {
        return state === "up" && lagRows === 0 && auditBehind === 0;
      });
    },
  };
}

function temporaryHome(): string {
  const folder = mkdtempSync(join(tmpdir(), "trestle-archive-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}
