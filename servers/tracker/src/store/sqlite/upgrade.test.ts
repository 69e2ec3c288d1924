import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { openSqlite } from "@trestle/store";
import { seededRandom, temporaryFolder } from "@trestle/testkit/surroundings";
import { expect, onTestFinished, test } from "vitest";
import { commitHistory, randomHistory } from "../_random-history.ts";
import { createPlainTraces } from "../plain-traces.ts";
import { openSqliteStore } from "./open.ts";
import { migrations } from "./schema.ts";

/** Of the program before traces. */
const BEFORE = 2;
const ALL = { limit: 1_000 };

test("a store that an older program has written tells the same as a new one", async () => {
  const random = seededRandom();
  const history = randomHistory(random);
  const [newFolder, oldFolder] = [temporaryFolder("new"), temporaryFolder("old")];
  const fresh = await openSqliteStore({ folder: newFolder });
  onTestFinished(() => fresh.close());
  await commitHistory(fresh, history, random);
  await writeOldStore(oldFolder, newFolder);
  const store = await openSqliteStore({ folder: oldFolder });
  onTestFinished(() => store.close());
  const plain = createPlainTraces(store);
  expect(await store.errorTraces(ALL)).toEqual(await fresh.errorTraces(ALL));
  expect(await store.runTraces(ALL)).toEqual(await fresh.runTraces(ALL));
  expect(await store.editSums(ALL)).toEqual(await fresh.editSums(ALL));
  expect(await store.runSums(ALL)).toEqual(await fresh.runSums(ALL));
  for (const { project } of history.sessions.values()) {
    for (const by of [{ head: "npm test" }, { tool: "Bash" }]) {
      const tries = await store.tries({ project, by, after: history.from });
      expect(tries).toEqual(await plain.tries({ project, by, after: history.from }));
    }
  }
  await commitHistory(store, randomHistory(random, 400), random);
  expect(await store.editSums(ALL)).toEqual(await sumsOf(store));
});

/** What the tables of the new one hold, as far as the old schema knows it. */
async function writeOldStore(folder: string, from: string): Promise<void> {
  const file = join(folder, "tracker.db");
  const sqlite = await openSqlite({ file, migrations: migrations.slice(0, BEFORE) });
  await sqlite.close();
  const database = new DatabaseSync(file);
  database.prepare("ATTACH ? AS new").run(join(from, "tracker.db"));
  const tables = database.prepare("PRAGMA main.table_list").all();
  for (const { name, type } of tables) {
    if (type !== "table" || String(name).startsWith("sqlite_")) continue;
    if (/^(?:task_)?words_/.test(String(name))) continue;
    const columns = database
      .prepare(
        `SELECT group_concat('"' || name || '"') AS all_of FROM pragma_table_info(?, 'main')`,
      )
      .get(String(name))?.all_of;
    database.exec(`DELETE FROM main.${name};
      INSERT INTO main.${name} (${columns}) SELECT ${columns} FROM new.${name}`);
  }
  database.close();
}

/** Over all projects, made of those of each. */
async function sumsOf(store: Awaited<ReturnType<typeof openSqliteStore>>) {
  const edits = await createPlainTraces(store).editTraces({ limit: 100_000 });
  const counts = [...Map.groupBy(edits, ({ path }) => path)].map(([path, all]) => ({
    ...{ path, count: all.length },
  }));
  return counts.toSorted((a, b) => b.count - a.count || (a.path < b.path ? -1 : 1));
}
