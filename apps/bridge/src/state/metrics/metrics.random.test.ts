import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openSqlite } from "@trestle/store";
import { expect, test } from "vitest";
import { createRandom, pick, seedOf } from "../../../test/_random.ts";
import { createTimeline, rowOf } from "../_rows.ts";
import { historyMigrations } from "../schema.ts";
import { createMetrics, type MetricRow } from "./metrics.ts";

const ROUNDS = Number(process.env.ROUNDS ?? 4);
const STEPS = 150;
const MINUTE = 60_000;
const pauses = [0, 1, 500, 20_000, MINUTE, 10 * MINUTE, 60 * MINUTE, 5 * 60 * MINUTE, -90_000];

interface Counted {
  readonly at: number;
  readonly tool: string;
  readonly principal: string;
}

const sumOf = (rows: readonly MetricRow[]) => rows.reduce((sum, { calls }) => sum + calls, 0);

test("every call is counted once, however calls, storing, asking and restarts fall together", async () => {
  const seed = seedOf(process.env);
  const random = createRandom(seed);
  const folder = mkdtempSync(join(tmpdir(), "trestle-metrics-"));
  for (let round = 0; round < ROUNDS; round += 1) {
    const file = join(folder, `${round}.db`);
    await runRound({ file, random, place: `SEED=${seed} round ${round}` });
  }
  rmSync(folder, { recursive: true, force: true });
});

interface Round {
  readonly file: string;
  readonly random: () => number;
  readonly place: string;
}

async function runRound({ file, random, place }: Round): Promise<void> {
  const clock = createTimeline(Date.UTC(2026, 0, 5, 23, 30));
  const open = async () => {
    const database = await openSqlite({ file, migrations: historyMigrations });
    return { database, metrics: createMetrics({ database, clock }) };
  };
  let { database, metrics } = await open();
  const counted: Counted[] = [];
  const answers: Promise<void>[] = [];

  function observe(): void {
    for (let left = Math.floor(random() * 20); left > 0; left -= 1) {
      const row = { tool: pick(["a", "b"], random), principal: pick(["x", "y", "z"], random) };
      metrics.observe(rowOf({ ...row, durationMs: 10 ** (random() * 5) }));
      counted.push({ ...row, at: clock.now() });
    }
  }

  /** Not awaited: what is counted meanwhile may be in the answer or not. */
  function ask(): void {
    const tool = random() < 0.5 ? pick(["a", "b"], random) : undefined;
    const known = () => counted.filter((call) => tool === undefined || call.tool === tool).length;
    const bucket = pick(["hour", "day", "none"] as const, random);
    const groupBy = pick(["tool", "principal", "none"] as const, random);
    const least = known();
    const query = metrics.query(
      tool === undefined ? { bucket, groupBy } : { bucket, groupBy, tool },
    );
    const check = query.then((rows) => {
      expect(sumOf(rows), place).toBeGreaterThanOrEqual(least);
      expect(sumOf(rows), place).toBeLessThanOrEqual(known());
    });
    answers.push(check);
  }

  for (let step = 0; step < STEPS; step += 1) {
    const kind = random();
    if (kind < 0.42) observe();
    else if (kind < 0.65) clock.advance(pick(pauses, random));
    else if (kind < 0.77) void metrics.flush();
    else if (kind < 0.87) ask();
    // Long enough for what was begun to be under way, too short for its end.
    else if (kind < 0.93) await new Promise(setImmediate);
    else if (kind < 0.97) await Promise.all([metrics.flush(), metrics.query()]);
    else {
      await metrics.close();
      await database.close();
      ({ database, metrics } = await open());
    }
  }
  await Promise.all(answers);
  for (const bucket of ["hour", "day", "none"] as const) {
    for (const principal of ["x", "y", "z"]) {
      const exact = counted.filter((call) => call.principal === principal).length;
      const rows = await metrics.query({ bucket, principal });
      expect(sumOf(rows), `${place}: ${bucket} of ${principal}`).toBe(exact);
    }
  }
  expect(metrics.dropped()).toBe(0);
  await metrics.close();
  await database.close();
}
