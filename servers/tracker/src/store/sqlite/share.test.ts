import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { describeTrackerStore } from "../_describe-tracker-store.ts";
import { batchOf, recordOf } from "../_sample.ts";
import { shareSqliteStore } from "./share.ts";

function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "trestle-tracker-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true, maxRetries: 5 }));
  return folder;
}

describeTrackerStore("the store of a folder that another owns", {
  async open(options = {}) {
    const folder = temporaryFolder();
    const owner = shareSqliteStore({ folder, ...options });
    await owner.stats();
    const joined = shareSqliteStore({ folder, ...options });
    onTestFinished(async () => {
      await joined.close();
      await owner.close();
    });
    return joined;
  },
});

it("goes on with another owner when the first ends", async () => {
  const folder = temporaryFolder();
  const one = shareSqliteStore({ folder });
  const two = shareSqliteStore({ folder });
  onTestFinished(() => two.close());
  await one.commit(batchOf([recordOf("r1")]));
  await two.commit(batchOf([recordOf("r2")]));
  expect([one.role(), two.role()]).toEqual(["owner", "joined"]);
  await one.close();
  expect((await two.stats()).records).toBe(2);
  expect(two.role()).toBe("owner");
});
