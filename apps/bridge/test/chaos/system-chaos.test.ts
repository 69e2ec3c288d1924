import { expect, test } from "vitest";
import { seedOf } from "../_random.ts";
import { runSystemChaos } from "./_run.ts";
import { drawSchedule, HARMS } from "./_schedule.ts";
import { hasPostgres } from "./_world.ts";

const LONG = { seed: 1, ms: 300_000, everyMs: 3_000 };

test("a seed draws one schedule, and another seed another", () => {
  expect(drawSchedule(LONG)).toEqual(drawSchedule({ ...LONG }));
  expect(drawSchedule({ ...LONG, seed: 2 })).not.toEqual(drawSchedule(LONG));
});

test("a long schedule does everything that can be done, and to nothing two things at a time", () => {
  const schedule = drawSchedule({ ...LONG, ms: 6_000_000 });
  const drawn = new Set(schedule.map(({ target, fault }) => `${fault} ${target}`));
  const known = Object.entries(HARMS).flatMap(([target, faults]) =>
    faults.map((fault) => `${fault} ${target}`),
  );
  expect([...drawn].toSorted()).toEqual(known.toSorted());
  for (const [index, { target, atMs, forMs }] of schedule.entries()) {
    const next = schedule.slice(index + 1).find((entry) => entry.target === target);
    expect(next?.atMs ?? Number.POSITIVE_INFINITY).toBeGreaterThan(atMs + forMs);
  }
});

/** A minute of two processors: run where ROUNDS asks for it. The long one is `pnpm chaos --minutes 5 --seed 1`. */
const isAskedFor = process.env.ROUNDS !== undefined;

test.skipIf(!hasPostgres || !isAskedFor)(
  "whatever is done to its parts, the system loses nothing acknowledged, does nothing twice and tells nobody of others",
  async () => {
    const seed = seedOf(process.env);
    const say = (line: string): void => void process.stderr.write(`SEED=${seed} ${line}\n`);
    const options = { seed, ms: 6_000, everyMs: 1_500, clients: 4, say };
    const { failures, deeds } = await runSystemChaos(options);
    expect(failures.join("\n\n")).toBe("");
    for (const [asked, acknowledged] of Object.values(deeds)) {
      expect(acknowledged).toBeGreaterThan(0);
      expect(acknowledged).toBeLessThanOrEqual(asked);
    }
  },
  400_000,
);
