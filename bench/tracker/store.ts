import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { countFrom, progress } from "../measure.ts";
import type { PartResult } from "./part.ts";
import type { Asked, Filled } from "./store-process.ts";

const PROCESS = fileURLToPath(new URL("./store-process.ts", import.meta.url));
const HOUR_MS = 3_600_000;
/** Milliseconds; the first words of what is asked decide. */
const MOST_P99: readonly (readonly [string, number])[] = [
  ["search", 50],
  ["unfinished", 50],
];
const MOST_P50 = 60;
const LEAST_PER_SECOND = 10_000;
const MOST_RSS_MB = 200;

/** How fast records go into the store in a folder, and how fast questions are answered: COUNT and SEED choose. */
export function benchStore(): PartResult {
  const count = countFrom("COUNT", 1_000_000);
  const seed = countFrom("SEED", 1);
  const folder = mkdtempSync(join(tmpdir(), "trestle-bench-tracker-"));
  try {
    progress(`storing ${count} records`);
    const filled = run<Filled>("fill", folder, count, seed);
    progress("asking");
    const asked = run<Asked>("ask", folder, count, seed);
    return {
      result: { count, seed, filled, asked },
      tables: tablesOf(count, filled, asked),
      failures: judge(filled, asked),
      notes: [],
    };
  } finally {
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  }
}

/** A process for each: what filling needs is not counted as memory of asking. */
function run<Result>(job: string, folder: string, count: number, seed: number): Result {
  const said = execFileSync(process.execPath, [PROCESS, job, folder, String(count), String(seed)], {
    encoding: "utf8",
    stdio: ["ignore", "pipe", "inherit"],
    timeout: HOUR_MS,
  });
  return JSON.parse(said) as Result;
}

function tablesOf(count: number, filled: Filled, { speeds, rssMb, firstMs }: Asked) {
  const shown = (value: number) => value.toFixed(1);
  return [
    {
      title: `Storing ${count} records, in batches of 250`,
      rows: [
        { what: "records/s", value: Math.round(filled.perSecond) },
        {
          what: "processor time for a record, µs",
          value: shown((filled.processorMs / count) * 1_000),
        },
        { what: "memory at most, MB", value: shown(filled.rssMb) },
        { what: "stored, MB", value: shown(filled.storedMb) },
        { what: "memory while asking, MB", value: shown(rssMb) },
        { what: "first answer, ms", value: shown(firstMs) },
      ],
    },
    {
      title: "Questions, in milliseconds",
      rows: speeds.map((speed) => ({
        asked: speed.asked,
        p50: shown(speed.p50),
        p99: shown(speed.p99),
        "p50, quickest of 3": shown(speed.quickestP50),
        "p99, quickest of 3": shown(speed.quickestP99),
      })),
    },
  ];
}

/** Times are judged by the quickest lap: a machine that others use makes any of them long. */
function judge(filled: Filled, { speeds }: Asked): string[] {
  const failures: string[] = [];
  if (filled.perSecond < LEAST_PER_SECOND) {
    failures.push(
      `Stored ${Math.round(filled.perSecond)} records/s, fewer than ${LEAST_PER_SECOND}.`,
    );
  }
  if (filled.rssMb > MOST_RSS_MB) {
    failures.push(`Storing took ${filled.rssMb.toFixed(0)} MB, above ${MOST_RSS_MB}.`);
  }
  for (const { asked, quickestP50, quickestP99 } of speeds) {
    const most = MOST_P99.find(([begin]) => asked.startsWith(begin))?.[1];
    if (quickestP50 > MOST_P50)
      failures.push(`${asked}: p50 is ${quickestP50.toFixed(1)} ms, above ${MOST_P50}.`);
    if (most !== undefined && quickestP99 > most) {
      failures.push(`${asked}: p99 is ${quickestP99.toFixed(1)} ms, above ${most}.`);
    }
  }
  return failures;
}
