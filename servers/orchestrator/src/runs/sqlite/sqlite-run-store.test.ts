import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openSqlite } from "@trestle/store";
import { afterEach } from "vitest";
import { describeRunStore } from "../_describe-run-store.ts";
import { runMigrations } from "./migrations.ts";
import { createSqliteRunStore } from "./sqlite-run-store.ts";

const folders: string[] = [];
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true });
});

describeRunStore("SQLite", async () => {
  const folder = mkdtempSync(join(tmpdir(), "trestle-runs-"));
  folders.push(folder);
  return createSqliteRunStore(
    await openSqlite({ file: join(folder, "runs.db"), migrations: runMigrations }),
  );
});
