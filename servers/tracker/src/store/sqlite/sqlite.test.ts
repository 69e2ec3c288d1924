import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import { describeTrackerStore } from "../_describe-tracker-store.ts";
import { openSqliteStore } from "./open.ts";

describeTrackerStore("the store in a folder", {
  async open(options = {}) {
    const folder = mkdtempSync(join(tmpdir(), "trestle-tracker-"));
    const store = await openSqliteStore({ folder, ...options });
    onTestFinished(async () => {
      await store.close();
      rmSync(folder, { recursive: true, force: true });
    });
    return store;
  },
});
