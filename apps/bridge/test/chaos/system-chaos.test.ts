import { expect, test } from "vitest";
import { seedOf } from "../_random.ts";
import { runSystemChaos } from "./_run.ts";
import { ALL_HARMS, digestOf, drawSchedule, type Entry, HARMS, roundsOf } from "./_schedule.ts";
import { hasPostgres } from "./_world.ts";

const LONG = { seed: 1, ms: 300_000, everyMs: 3_000 };
const MANY = Array.from({ length: 50 }, (_, index) => index + 1);

const nameOf = ({ fault, target }: Pick<Entry, "fault" | "target">) => `${fault} ${target}`;

test("a seed draws one schedule, and another seed another", () => {
  expect(drawSchedule(LONG)).toEqual(drawSchedule({ ...LONG }));
  // The one that it drew when this was written, in another process on another machine.
  expect(digestOf(drawSchedule(LONG))).toBe("e02ab5a54a2bf839");
  const digests = MANY.map((seed) => digestOf(drawSchedule({ ...LONG, seed })));
  expect(new Set(digests).size).toBe(MANY.length);
});

test.each(MANY)("five minutes of seed %i do everything that can be done", (seed) => {
  const schedule = drawSchedule({ ...LONG, seed });
  expect([...new Set(schedule.map(nameOf))].toSorted()).toEqual(ALL_HARMS.map(nameOf).toSorted());
  for (const [index, { target, atMs, forMs }] of schedule.entries()) {
    const next = schedule.slice(index + 1).find((entry) => entry.target === target);
    expect(next?.atMs ?? Number.POSITIVE_INFINITY).toBeGreaterThan(atMs + forMs);
  }
});

test("rounds are the schedule in its order", () => {
  const schedule = drawSchedule(LONG);
  const rounds = roundsOf(schedule, 60_000);
  expect(rounds).toHaveLength(5);
  expect(rounds.flat()).toEqual(schedule);
});

/** What one can wait for with all other tests. With ROUNDS it is longer, and of another seed each time. */
const SHORT = { seed: 46, ms: 4_000, everyMs: 380, clients: 4 };
const MINUTE = { ms: 60_000, everyMs: 3_000, clients: 8 };
const isLong = process.env.ROUNDS !== undefined;

test("also the short schedule has each kind of fault, and harms each kind of part", () => {
  const schedule = drawSchedule(SHORT);
  const faults = new Set(schedule.map(({ fault }) => fault));
  for (const kind of ["kill", "pause", "slow", "cut", "corrupt"] as const)
    expect(faults).toContain(kind);
  const targets = new Set(schedule.map(({ target }) => target.split("-")[0]));
  expect([...targets].toSorted()).toEqual(
    [...new Set(Object.keys(HARMS).map((target) => target.split("-")[0]))].toSorted(),
  );
});

test.skipIf(!hasPostgres)(
  "whatever is done to its parts, the system loses nothing acknowledged, does nothing twice and tells nobody of others",
  async () => {
    const seed = isLong ? seedOf(process.env) : SHORT.seed;
    const lines: string[] = [];
    const say = (line: string): void => void lines.push(line);
    const options = { ...SHORT, ...(isLong && MINUTE), seed, say };
    const { failures, deeds } = await runSystemChaos(options).catch((error: unknown) => {
      throw new Error(`SEED=${seed}: ${lines.join("\n")}`, { cause: error });
    });
    expect(failures.join("\n\n")).toBe("");
    for (const [asked, acknowledged] of Object.values(deeds)) {
      expect(acknowledged).toBeGreaterThan(0);
      expect(acknowledged).toBeLessThanOrEqual(asked);
    }
  },
  600_000,
);
