import { mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { progress } from "../measure.ts";
import { runCommand, type Sample } from "./command.ts";
import type { BenchDatabase } from "./postgres.ts";
import type { Settings } from "./settings.ts";

export interface TransferResult {
  readonly what: string;
  readonly rows: number;
  readonly megabytes: number;
  readonly seconds: number;
  /** The most that was resident in each quarter of the time, in MB. */
  readonly quarters: readonly number[];
  readonly peak: number;
}

const FORMATS = ["csv", "ndjson"] as const;

/** Exports a table of that many rows and imports it again, each by a process of its own. */
export async function measureTransfers(
  database: BenchDatabase,
  { rows }: Settings,
): Promise<TransferResult[]> {
  progress(`a table of ${rows} rows`);
  await database.script(`CREATE TABLE booking (id bigint PRIMARY KEY, guest text NOT NULL, arrives date,
      amount numeric(12, 2), facts jsonb, noted timestamptz);
    INSERT INTO booking SELECT n, 'guest ' || n, '2026-01-01'::date + (n % 365)::int, n / 7.0,
      jsonb_build_object('nights', n % 14, 'note', 'a "quoted", long note'), now() + n * interval '1 second'
    FROM generate_series(1, ${rows}) n;
    CREATE TABLE copy (LIKE booking INCLUDING ALL)`);
  const folder = mkdtempSync(join(tmpdir(), "trestle-bench-transfer-"));
  const env = { DATABASE_URL: database.url, TRESTLE_HOME: folder, DATABASE_MODE: "read-write" };
  const results: TransferResult[] = [];
  try {
    for (const format of FORMATS) {
      const file = join(folder, `rows.${format}`);
      const run = async (what: string, words: readonly string[]): Promise<void> => {
        progress(`${what} of ${rows} rows, ${format}`);
        const { ms, samples, peak, out } = await runCommand([...words, "--json"], env);
        const moved = (JSON.parse(out) as { rows: number }).rows;
        if (moved !== rows) throw new Error(`${what} moved ${moved} of ${rows} rows.`);
        results.push({
          ...{ what: `${what}, ${format}`, rows, seconds: ms / 1_000, peak },
          megabytes: statSync(file).size / 1e6,
          quarters: quartersOf(samples),
        });
      };
      await run("export", ["export", "--table", "booking", "--out", file]);
      await run("import", ["import", file, "--table", "copy", "--batch-size", "2000"]);
      await database.script("TRUNCATE copy");
    }
    return results;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function quartersOf(samples: readonly Sample[]): number[] {
  const end = samples.at(-1)?.ms ?? 0;
  return [1, 2, 3, 4].map((quarter) => {
    const within = samples.filter(
      ({ ms }) => ms > (end * (quarter - 1)) / 4 && ms <= (end * quarter) / 4,
    );
    return Math.max(...within.map(({ megabytes }) => megabytes));
  });
}
