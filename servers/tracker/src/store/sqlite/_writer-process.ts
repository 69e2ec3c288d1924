import process from "node:process";
import { BATCH_RECORDS, crashBatch } from "./_crash-batch.ts";
import { openSqliteStore } from "./open.ts";

/** `FOLDER`: writes batch after batch, and says each number once it is stored, until it is killed. */
const store = await openSqliteStore({ folder: process.argv[2] ?? "" });
for (let stored = (await store.cursor("file"))?.offset ?? 0; ; stored += 1) {
  const { records } = await store.commit(crashBatch(stored));
  if (records.length !== BATCH_RECORDS) throw new Error(`Batch ${stored} was there already.`);
  process.stdout.write(`${stored + 1}\n`);
}
