/** Runs the migrations of the folder in argv on the database in argv, and says before each one that it starts. */
import process from "node:process";
import { silentLogger, systemClock } from "@trestle/protocol";
import { config } from "../config.ts";
import { openDatabase } from "../postgres/open-database.ts";
import { readMigrations } from "./file.ts";
import { migrate } from "./migrate.ts";
import { readApplied } from "./status.ts";

const [url = "", folder = ""] = process.argv.slice(2);
const rules = { mode: "admin" } as const;
const database = openDatabase(config.parse({ url }), {
  guard: { rules } as never,
  dataDir: "",
  clock: systemClock,
  log: silentLogger,
});
const all = await readMigrations(folder);
const applied = new Set((await readApplied(database)).map(({ name }) => name));
const ran = await migrate(database, {
  ...{ folder, direction: "up", all, clock: systemClock, timeoutMs: 60_000 },
  migrations: all.filter(({ name }) => !applied.has(name)),
  onStart: (name) => void process.stdout.write(`starts ${name}\n`),
});
process.stdout.write(`ran ${ran.length}\n`);
await database.close();
