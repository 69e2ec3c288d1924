import { execFileSync } from "node:child_process";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { createLocalDatabase } from "@trestle/testkit/local-postgres";
import { countFrom, progress } from "../measure.ts";
import { median, type PartResult } from "./part.ts";
import type { SharedLap, Speed } from "./shared-process.ts";

const PROCESS = fileURLToPath(new URL("./shared-process.ts", import.meta.url));
const TEN_MINUTES_MS = 600_000;
const LEAST_PER_SECOND = 1_000;

/** Steps on Postgres and Redis, beside BullMQ alone and DBOS on the same servers: COUNT, ROUNDS and REDIS_URL choose. */
export async function benchShared(): Promise<PartResult> {
  const count = countFrom("COUNT", 2_000);
  const rounds = countFrom("ROUNDS", 5);
  const redis = process.env.REDIS_URL ?? "redis://127.0.0.1:6379";
  const database = await createLocalDatabase({ prefix: "trestle_bench" });
  progress("steps on Postgres and Redis");
  try {
    const args = [PROCESS, database.url, redis, String(count), String(rounds)];
    const said = execFileSync(process.execPath, args, {
      encoding: "utf8",
      stdio: ["ignore", "pipe", "inherit"],
      timeout: TEN_MINUTES_MS,
    });
    return toResult((JSON.parse(said) as { laps: SharedLap[] }).laps);
  } finally {
    await database.drop();
  }
}

function toResult(laps: readonly SharedLap[]): PartResult {
  const rowOf = (what: string, speeds: readonly Speed[]) => ({
    what,
    "steps/s": Math.round(median(speeds.map(({ perSecond }) => perSecond))),
    best: Math.round(Math.max(...speeds.map(({ perSecond }) => perSecond))),
    "processor µs": Math.round(median(speeds.map(({ processorUs }) => processorUs))),
  });
  const rows = [
    rowOf(
      "workflows of one step",
      laps.map(({ single }) => single),
    ),
    rowOf(
      "workflows of ten steps",
      laps.map(({ chained }) => chained),
    ),
    rowOf(
      "BullMQ alone",
      laps.map(({ bull }) => bull),
    ),
    rowOf(
      "DBOS, workflows of one step",
      laps.map(({ dbos }) => dbos),
    ),
  ];
  const reached = Math.max(...laps.map(({ chained }) => chained.perSecond));
  const failures =
    reached >= LEAST_PER_SECOND
      ? []
      : [`${Math.round(reached)} steps/s on Postgres and Redis, fewer than ${LEAST_PER_SECOND}.`];
  return {
    result: { laps },
    tables: [{ title: "Steps on Postgres and Redis, one process", rows }],
    failures,
  };
}
