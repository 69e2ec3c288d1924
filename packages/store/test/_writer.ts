/** Writes numbers without end, and says each once it is stored (`write`) or handed over (`append`). */
import { openSqlite } from "../src/index.ts";
import { answerCommands, say } from "./_commands.ts";

const [file = "", from = "0", migrationCount = "1"] = process.argv.slice(2);
const migrations = Array.from({ length: Number(migrationCount) }, (_, index) => ({
  name: `step ${index + 1}`,
  sql: index === 0 ? "CREATE TABLE number (value INTEGER, at REAL)" : `CREATE TABLE t${index} (a)`,
}));
const sqlite = await openSqlite({ file, migrations });
const sql = "INSERT INTO number VALUES (?, ?)";
let value = Number(from);

const now = () => performance.timeOrigin + performance.now();

answerCommands({
  async write() {
    for (;;) {
      const mine = ++value;
      await sqlite.write([{ sql, params: [mine, now()] }]);
      say({ stored: mine });
    }
  },
  append() {
    setInterval(() => {
      const at = now();
      sqlite.append({ sql, params: [++value, at] });
      say({ appended: value, at });
    }, 2);
    return null;
  },
});
say({ ready: true });
