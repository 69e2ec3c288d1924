/**
 * Writes numbers into the folder in argv, each in a transaction of its own, and prints each that was
 * acknowledged. Ends by being killed, or with its input.
 */
import { isTrestleError, silentLogger, systemClock } from "@trestle/protocol";
import { createEmbeddedDriver } from "../src/drivers/embedded/embedded.ts";
import { createGuard } from "../src/guard/guard.ts";
import { createDatabase } from "../src/postgres/create-database.ts";

const [, , dataDir = "", first = "0"] = process.argv;
const driver = createEmbeddedDriver({
  dataDir,
  maxConnections: 3,
  idleTimeoutMs: 10_000,
  connectionTimeoutMs: 30_000,
  clock: systemClock,
  log: silentLogger,
});
const database = createDatabase({ driver, guard: createGuard({ mode: "admin" }) });
let stopping = false;
let next = Number(first);

process.stdin.resume();
process.stdin.on("end", () => {
  stopping = true;
});

await database.execute("CREATE TABLE IF NOT EXISTS written (n bigint PRIMARY KEY, twin bigint)");
print({ ready: true });
await Promise.all([write(), write(), write()]);
const { rows } = await database.query("SELECT count(*) AS n FROM written");
print({ rows: rows[0]?.n ?? null });
await database.close();

async function write(): Promise<void> {
  while (!stopping) {
    next += 1;
    const n = next;
    try {
      await database.write(async (connection) => {
        await connection.run("INSERT INTO written VALUES ($1, NULL)", [n]);
        await connection.run("UPDATE written SET twin = n WHERE n = $1", [n]);
      });
      print({ written: n });
    } catch (error) {
      const code = isTrestleError(error) ? error.code : String(error);
      print({ failed: n, code });
    }
  }
}

function print(message: unknown): void {
  process.stdout.write(`${JSON.stringify(message)}\n`);
}
