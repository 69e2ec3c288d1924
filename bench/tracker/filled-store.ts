import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { openSqliteStore } from "@trestle-mcp/tracker";
import { createHistory, STEP_MS } from "./history.ts";

const BATCH = 1_000;
const GROUPS_RESOLVED = 50;

/**
 * A store of so many records that end now, with some errors that were resolved in the middle of them. It is filled
 * once: a folder that holds one is taken as it is.
 */
export async function fillStore(folder: string, count: number, seed: number): Promise<void> {
  const mark = join(folder, `filled-${count}-${seed}`);
  if (existsSync(mark)) return;
  mkdirSync(folder, { recursive: true });
  const store = await openSqliteStore({ folder });
  const beginning = Date.now() - count * STEP_MS;
  const history = createHistory(seed, beginning);
  for (let made = 0; made < count; made += BATCH) await store.commit(history.next(BATCH));
  const { items } = await store.errorGroups({ order: "count", limit: GROUPS_RESOLVED });
  const at = beginning + (count * STEP_MS) / 2;
  for (const { group } of items) await store.resolveErrors(group, { at, note: "mended" });
  await store.close();
  writeFileSync(mark, "");
}
