/** Opens the folder in argv and answers statements, one JSON line each: `{ rows }`, `{ done }` or `{ error }`. */
import { createInterface } from "node:readline";
import { openEmbedded } from "../src/index.ts";

const database = openEmbedded({ dataDir: process.argv[2] ?? "" });

createInterface({ input: process.stdin }).on("line", (line) => void answer(line));
process.stdin.on("end", () => void database.close());

async function answer(line: string): Promise<void> {
  const { id, sql, script } = JSON.parse(line);
  try {
    if (script) await database.script(script);
    const { rows } = sql ? await database.query(sql) : { rows: [] };
    print({ id, rows });
  } catch (error) {
    print({ id, error: (error as { code?: string }).code, message: String(error) });
  }
}

function print(message: unknown): void {
  process.stdout.write(`${JSON.stringify(message)}\n`);
}
