/**
 * Opens the folder in argv, runs small statements for a while and then large ones, and prints what it took:
 * the most that was ever resident, and by how much it rose with the large ones, in MB.
 */
import { openEmbedded } from "../src/index.ts";

/** Optimising a function takes half of it. */
const WHILE_MS = 1_500;
const LARGE = 200;

const database = openEmbedded({ dataDir: process.argv[2] ?? "" });
const started = performance.now();
for (let at = 0; performance.now() - started < WHILE_MS; at += 1)
  await database.query(`SELECT ${at} AS n`);
const before = peak();
const text = "SELECT repeat('x', 10000) AS text FROM generate_series(1, 200)";
for (let at = 0; at < LARGE; at += 1) {
  const { rows } = await database.query(text, [], { maxRows: 200, maxBytes: 10_000_000 });
  if (rows.length !== 200) throw new Error(`${rows.length} rows came.`);
}
await database.close();
process.stdout.write(JSON.stringify({ peak: before, rise: peak() - before }));

function peak(): number {
  return process.resourceUsage().maxRSS / 1024;
}
