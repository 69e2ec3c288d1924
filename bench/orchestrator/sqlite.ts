import { execFileSync } from "node:child_process";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { countFrom, progress } from "../measure.ts";
import { median, type PartResult } from "./part.ts";
import type { Measured } from "./sqlite-process.ts";

const PROCESS = fileURLToPath(new URL("./sqlite-process.ts", import.meta.url));
/** What the program of the server tells V8 at its start. */
const AS_SERVED = ["--no-allocation-site-pretenuring"];
const TEN_MINUTES_MS = 600_000;
/** Of what bare transactions do in the same run. */
const LEAST_SHARE = 0.5;

/** One-step workflows on a file of SQLite, beside transactions that only insert a row: COUNT and ROUNDS choose. */
export function benchSqlite(): PartResult {
  const count = countFrom("COUNT", 10_000);
  const rounds = countFrom("ROUNDS", 7);
  progress("durable against a crash");
  const normal = measure("normal", count, rounds);
  progress("durable against a loss of power");
  const full = measure("full", Math.ceil(count / 4), rounds);
  return {
    result: { count, rounds, normal, full },
    tables: [
      {
        title: "One-step workflows and bare transactions on SQLite, per second, medians",
        rows: [toRow("a crash", normal), toRow("a loss of power", full)],
      },
    ],
    failures: [...judge("a crash", normal), ...judge("a loss of power", full)],
  };
}

function measure(durability: string, count: number, rounds: number): Measured {
  const args = [...AS_SERVED, PROCESS, durability, String(count), String(rounds)];
  const said = execFileSync(process.execPath, args, {
    encoding: "utf8",
    stdio: ["ignore", "pipe", "inherit"],
    timeout: TEN_MINUTES_MS,
  });
  return JSON.parse(said) as Measured;
}

function toRow(survives: string, { laps, rssMb }: Measured) {
  return {
    survives,
    transactions: Math.round(median(laps.map(({ floor }) => floor.perSecond))),
    workflows: Math.round(median(laps.map(({ workflows }) => workflows.perSecond))),
    share: shareOf(laps).toFixed(2),
    "one after the other": Math.round(median(laps.map(({ serial }) => serial.perSecond))),
    "processor µs, transaction": Math.round(median(laps.map(({ floor }) => floor.processorUs))),
    "processor µs, workflow": Math.round(
      median(laps.map(({ workflows }) => workflows.processorUs)),
    ),
    "memory MB": Math.round(rssMb),
  };
}

/** Of each lap its own share: its two halves stand beside each other in time. */
function shareOf(laps: Measured["laps"]): number {
  return median(laps.map(({ floor, workflows }) => workflows.perSecond / floor.perSecond));
}

function judge(survives: string, { laps }: Measured): string[] {
  const share = shareOf(laps);
  if (share >= LEAST_SHARE) return [];
  return [
    `Workflows that survive ${survives} are ${share.toFixed(2)} of bare transactions, less than ${LEAST_SHARE}.`,
  ];
}
