import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { choiceFrom, countFrom, progress, type Report, type Row, writeResult } from "../measure.ts";
import { type Measured, measureQuality, type Quality } from "./quality.ts";
import { measureServer, type ServerFigures } from "./server.ts";
import type { measureSpeed } from "./speed.ts";

type SpeedResult = ReturnType<typeof measureSpeed>;

const PROCESS = fileURLToPath(new URL("./speed-process.ts", import.meta.url));
const PARTS = ["quality", "speed", "server"] as const;
const TEN_MINUTES_MS = 600_000;

/** What ours has to reach at least, by the data. */
const LEAST: Readonly<Record<string, Partial<Record<"mrr" | "hit10", number>>>> = {
  "duplicates, held-out halves of 10 draws": { mrr: 0.62, hit10: 0.84 },
  "lines of one template": { mrr: 0.96 },
  "lines, 40 % of words misspelt": { mrr: 0.9 },
  "errors met again": { mrr: 0.95 },
};
const MOST = { p50: 5, p99: 25, loadMs: 1_000, rssMb: 300, coldMs: 2_000, coldRequests: 20 };

/** How well and how fast past errors are found: PARTS, DOCUMENTS and SEED choose. */
export async function benchKnowledge(): Promise<Report> {
  const parts = choiceFrom("PARTS", PARTS);
  const seed = countFrom("SEED", 1);
  const quality = parts.includes("quality") ? measureQuality(seed) : undefined;
  const speed = parts.includes("speed")
    ? runSpeed(countFrom("DOCUMENTS", 100_000), seed)
    : undefined;
  const asked = parts.includes("server")
    ? await measureServer(countFrom("DOCUMENTS", 100_000), seed)
    : undefined;
  const failures = [...judgeQuality(quality), ...judgeSpeed(speed), ...judgeServer(asked)];
  writeResult("knowledge", {
    node: process.version,
    seed,
    quality,
    speed,
    server: asked,
    failures,
  });
  const skipped = quality?.skipped ?? [];
  return {
    heading: ["Finding past errors, one configuration for all data.", ...skipped].join("\n"),
    tables: [
      ...(quality === undefined ? [] : [{ title: "Quality", rows: quality.results.map(toRow) }]),
      ...(speed === undefined ? [] : speedTables(speed)),
      ...(asked === undefined ? [] : serverTables(asked)),
    ],
    failures,
  };
}

/** Two processes, one after the other: what the first needs to build is not counted as memory of the second. */
function runSpeed(documents: number, seed: number): SpeedResult {
  const folder = mkdtempSync(join(tmpdir(), "trestle-bench-knowledge-"));
  const file = join(folder, "snapshot.bin");
  const run = (...words: string[]) =>
    execFileSync(process.execPath, [PROCESS, ...words], {
      encoding: "utf8",
      stdio: ["ignore", "pipe", "inherit"],
      timeout: TEN_MINUTES_MS,
    });
  try {
    progress(`building an index of ${documents} diagnoses`);
    const facts = run("build", file, String(documents), String(seed)).trim();
    progress("searching it");
    return JSON.parse(run("search", file, String(seed), facts)) as SpeedResult;
  } finally {
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  }
}

function toRow({ data, method, questions, mrr, hit1, hit10, ahead }: Quality): Row {
  const shown = (value: number) => value.toFixed(3);
  return {
    ...{
      data,
      method,
      questions,
      "MRR@10": shown(mrr),
      "hit@1": shown(hit1),
      "hit@10": shown(hit10),
    },
    "ours ahead by":
      ahead === undefined
        ? ""
        : `${shown(ahead.mean)} [${shown(ahead.low)} to ${shown(ahead.high)}]`,
  };
}

function speedTables({ sizes, speeds }: SpeedResult) {
  return [
    {
      title: `Searches of ${sizes.documents} diagnoses, in milliseconds`,
      rows: speeds.map((speed) => ({
        asked: speed.asked,
        searches: speed.searches,
        p50: rounded(speed.p50),
        p99: rounded(speed.p99),
        "p50, quickest of 5": rounded(speed.quickestP50),
        "p99, quickest of 5": rounded(speed.quickestP99),
        "processor time each": rounded(speed.processor),
      })),
    },
    {
      title: "Sizes and times",
      rows: Object.entries(sizes).map(([what, value]) => ({ what, value: rounded(value) })),
    },
  ];
}

function serverTables({ documents, coldMs, coldRequests, memory, calls, costs }: ServerFigures) {
  const facts = {
    "from the start to the first answer, ms": Math.round(coldMs),
    ...Object.fromEntries(
      Object.entries(coldRequests).map(([name, count]) => [`${name} until then`, count]),
    ),
    "MB after the first answer": Math.round(memory.first ?? 0),
    "MB after the last answer": Math.round(memory.last ?? 0),
    "MB at most": Math.round(memory.most ?? 0),
  };
  return [
    {
      title: `The server on a bucket of ${documents} diagnoses, over stdio, in milliseconds`,
      rows: calls.map(({ tool, p50, p99 }) => ({ tool, p50: rounded(p50), p99: rounded(p99) })),
    },
    {
      title: "Its start and its memory",
      rows: Object.entries(facts).map(([what, value]) => ({ what, value })),
    },
    {
      title: "What it asks of R2",
      rows: costs.map(({ what, A, B, dollars }) => ({
        ...{ what, "class A": Math.round(A), "class B": Math.round(B) },
        dollars: dollars.toFixed(5),
      })),
    },
  ];
}

function rounded(value: number): number {
  return Math.round(value * 100) / 100;
}

function judgeQuality(quality: Measured | undefined): string[] {
  const failures: string[] = [];
  for (const each of quality?.results ?? []) {
    if (each.ahead !== undefined && each.ahead.high < 0) {
      failures.push(`${each.data}: ${each.method} is better than ours, surely.`);
    }
    if (each.method !== "ours") continue;
    for (const [figure, least] of Object.entries(LEAST[each.data] ?? {})) {
      const reached = each[figure as "mrr" | "hit10"];
      if (reached < least) {
        failures.push(`${each.data}: ${figure} is ${reached.toFixed(3)}, below ${least}.`);
      }
    }
  }
  return failures;
}

/** Times are judged by the quickest lap: a machine that others use makes any of them long. */
function judgeSpeed(speed: SpeedResult | undefined): string[] {
  if (speed === undefined) return [];
  const { sizes, speeds } = speed;
  const found = [
    ...speeds.flatMap(({ asked, quickestP50, quickestP99 }) => [
      { what: `${asked}: p50 in ms`, value: quickestP50, most: MOST.p50 },
      { what: `${asked}: p99 in ms`, value: quickestP99, most: MOST.p99 },
    ]),
    {
      what: "loading a snapshot, ms of processor time",
      value: sizes.loadProcessorMs,
      most: MOST.loadMs,
    },
    { what: "memory in MB", value: sizes.rssMb, most: MOST.rssMb },
  ];
  return tooMuch(found);
}

function judgeServer(asked: ServerFigures | undefined): string[] {
  if (asked === undefined) return [];
  const { coldMs, coldRequests, memory, calls } = asked;
  return tooMuch([
    ...calls.flatMap(({ tool, p50, p99 }) => [
      { what: `${tool}: p50 in ms`, value: p50, most: MOST.p50 },
      { what: `${tool}: p99 in ms`, value: p99, most: MOST.p99 },
    ]),
    { what: "from the start to the first answer, ms", value: coldMs, most: MOST.coldMs },
    {
      what: "requests until the first answer",
      value: Object.values(coldRequests).reduce((sum, count) => sum + count, 0),
      most: MOST.coldRequests,
    },
    { what: "memory of the server in MB", value: memory.last ?? 0, most: MOST.rssMb },
  ]);
}

function tooMuch(figures: readonly { what: string; value: number; most: number }[]): string[] {
  return figures
    .filter(({ value, most }) => value > most)
    .map(({ what, value, most }) => `${what}: ${value.toFixed(1)}, above ${most}.`);
}
