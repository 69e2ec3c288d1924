import { seededRandom } from "@trestle/testkit/surroundings";
import { expect, test } from "vitest";
import { plainCorrelate } from "./_plain-correlate.ts";
import { changePoints } from "./change-points.ts";
import { correlate } from "./correlate.ts";
import type { SystemEvent } from "./event.ts";

const random = seededRandom();
const MINUTE = 60_000;
const DAY = 1_440 * MINUTE;
const RATE = 0.05;
const START = Date.UTC(2026, 0, 1);

let count = 0;
function event(group: string, at: number, keys: SystemEvent["keys"] = {}): SystemEvent {
  count += 1;
  return {
    recordId: `r${count}`,
    component: `of-${group}`,
    group,
    at: Math.floor(START + at),
    keys,
  };
}

/** A Poisson process. */
function stream(group: string, events: number, span = 3 * DAY): SystemEvent[] {
  return Array.from({ length: events }, () => event(group, random.next() * span));
}

/** How many rounds of so many may have a false discovery, by chance that nearly never is exceeded. */
function mostFalse(rounds: number): number {
  return rounds * RATE + 4 * Math.sqrt(rounds * RATE * (1 - RATE)) + 1;
}

test("what is found is what its definition says of each pair by itself", () => {
  let found = 0;
  for (let round = random.rounds(6); round > 0; round -= 1) {
    const causes = stream("cause", 40);
    const effects = causes.map(({ at }) => event("effect", at - START + random.below(MINUTE)));
    const others = [..."abcdef"].flatMap((name) => stream(name, random.below(60), DAY));
    const events = [...causes, ...effects, ...others].map((each) => ({
      ...each,
      keys: { session: [`s${random.below(20)}`], file: [`f${random.below(9)}`] },
    }));
    for (const rate of [RATE, 0.5]) {
      const told = correlate(events, { falseDiscoveryRate: rate }).map((finding) => {
        const sides = [finding.first, finding.second];
        return {
          kind: finding.kind === "time" ? "time" : finding.key,
          sides: sides.map(({ component, group }) => `${component} ${group}`).toSorted(),
          support: finding.support,
          ...{ lift: finding.lift, pValue: finding.pValue },
          falseDiscoveryRate: finding.falseDiscoveryRate,
        };
      });
      expect(told).toEqual(plainCorrelate(events, rate));
      found += told.length;
    }
  }
  expect(found).toBeGreaterThan(0);
});

test("streams that know nothing of each other give no more findings than the stated rate", () => {
  const rounds = random.rounds(40);
  let withFindings = 0;
  for (let round = 0; round < rounds; round += 1) {
    const events = [..."abcdefgh"].flatMap((name) =>
      stream(name, 20 + random.below(200)).map((each) => ({
        ...each,
        keys: { session: [`s${random.below(60)}`], file: [`f${random.below(30)}`] },
      })),
    );
    if (correlate(events, { falseDiscoveryRate: RATE }).length > 0) withFindings += 1;
  }
  expect(withFindings).toBeLessThanOrEqual(mostFalse(rounds));
});

test("a stream that follows another is found, with its direction and lag", () => {
  const rounds = random.rounds(20);
  let missed = 0;
  for (let round = 0; round < rounds; round += 1) {
    const lag = 2_000 + random.below(9 * MINUTE);
    const causes = stream("cause", 60);
    const effects = causes
      .filter(() => random.next() < 0.7)
      .map(({ at }) => event("effect", at - START + lag + random.below(2_000)));
    const noise = [...stream("effect", 30), ...stream("other", 100), ...stream("more", 100)];
    // Of what is found, one in twenty may be false.
    const found = correlate([...noise, ...causes, ...effects]).find(
      ({ first, second }) => first.group === "cause" && second.group === "effect",
    );
    if (found?.kind !== "time") {
      missed += 1;
      continue;
    }
    expect(found.first.component).toBe("of-cause");
    expect(Math.abs(found.lagMs - lag - 1_000)).toBeLessThan(20_000);
    expect(found.support).toBeGreaterThanOrEqual(5);
    expect(found.lift).toBeGreaterThan(2);
    expect(found.falseDiscoveryRate).toBeLessThanOrEqual(RATE);
    expect(found.pValue).toBeLessThanOrEqual(found.falseDiscoveryRate);
    expect(found.examples[0]).toHaveLength(2);
  }
  expect(missed).toBeLessThanOrEqual(rounds / 50);
});

test("two that happen only by day do not belong together for that alone", () => {
  let found = 0;
  const rounds = random.rounds(20);
  for (let round = 0; round < rounds; round += 1) {
    const byDay = (name: string) =>
      Array.from({ length: 80 }, () =>
        event(name, random.below(10) * DAY + random.next() * 8 * 60 * MINUTE),
      );
    found += Math.min(1, correlate([...byDay("a"), ...byDay("b"), ...byDay("c")]).length);
  }
  expect(found).toBeLessThanOrEqual(mostFalse(rounds));
});

test("a burst counts once", () => {
  const burst = (name: string, at: number) =>
    Array.from({ length: 50 }, (_, index) => event(name, at + index * 500));
  const events = [0, 1, 2].flatMap((hour) => [
    ...burst("a", hour * 60 * MINUTE),
    ...burst("b", hour * 60 * MINUTE + 1_000),
  ]);
  expect(correlate([...events, ...stream("c", 200)])).toEqual([]);
});

test("fewer than five times together is no finding, however rare they are", () => {
  const together = [1, 2, 3, 4].flatMap((day) => [
    event("a", day * DAY),
    event("b", day * DAY + 1_000),
  ]);
  const apart = [event("a", 9 * DAY), event("b", 12 * DAY)];
  const all = [...together, ...apart, ...stream("c", 300, 14 * DAY)];
  expect(correlate(all).filter(({ first }) => first.group !== "c")).toEqual([]);
});

test("what meets at the same files or sessions is found, and named", () => {
  const meet = Array.from({ length: 12 }, (_, at) => [
    event("a", at * DAY, { file: [`src/f${at}.ts`], session: [`x${at}`] }),
    event("b", at * DAY + 9 * 60 * MINUTE, { file: [`src/f${at}.ts`], session: [`y${at}`] }),
  ]).flat();
  const others = stream("c", 300, 12 * DAY).map((each) => ({
    ...each,
    keys: { file: [`src/g${random.below(100)}.ts`] },
  }));
  const found = correlate([...meet, ...others]).filter(({ kind }) => kind === "key");
  expect(found).toMatchObject([
    { key: "file", support: 12, first: { group: "a" }, second: { group: "b" } },
  ]);
  expect(found[0]?.kind === "key" && found[0].shared).toContain("src/f11.ts");
});

test("nothing is found in nothing, and one stream alone has no partner", () => {
  expect(correlate([])).toEqual([]);
  expect(correlate(stream("a", 500))).toEqual([]);
});

test("errors that begin after a change are told with the files they share", () => {
  const change = {
    ref: "edit",
    at: START + 6 * 60 * MINUTE,
    label: "edit of src/a.ts",
    files: ["src/a.ts", "src/b.ts"],
  };
  const after = Array.from({ length: 12 }, (_, at) =>
    event("new", 361 * MINUTE + at * 2 * MINUTE, { file: ["src/a.ts"] }),
  );
  const all = changePoints([...after, ...stream("steady", 400, DAY)], [change]);
  // Of what is found, one in twenty may be false: a steady stream has a busy half-hour now and then.
  const found = all.filter(({ group }) => group !== "steady");
  expect(found).toMatchObject([
    {
      group: "new",
      isNew: true,
      before: 0,
      after: 12,
      files: ["src/a.ts"],
      change: { ref: "edit" },
    },
  ]);
});

test("changes that did nothing give no more change points than the stated rate", () => {
  let withFindings = 0;
  const rounds = random.rounds(40);
  for (let round = 0; round < rounds; round += 1) {
    const changes = Array.from({ length: 10 }, (_, at) => ({
      ref: `e${at}`,
      at: START + random.next() * DAY,
      label: "x",
    }));
    const events = [..."abcde"].flatMap((name) => stream(name, 100 + random.below(300), DAY));
    if (changePoints(events, changes).length > 0) withFindings += 1;
  }
  expect(withFindings).toBeLessThanOrEqual(mostFalse(rounds));
});
