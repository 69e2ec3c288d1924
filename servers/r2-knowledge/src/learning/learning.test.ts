import { seededRandom } from "@trestle/testkit/surroundings";
import { expect, test } from "vitest";
import { confidenceOf, type FixFacts, wilsonLowerBound } from "./confidence.ts";
import { contextMatch, explain } from "./rank.ts";
import { addOutcome, EMPTY_TALLY, HALF_LIFE_MS, type Tally, weightsAt } from "./tally.ts";
import { versionDistance } from "./versions.ts";

const DAY = 86_400_000;
const NOW = Date.UTC(2026, 5, 1);
const random = seededRandom();
const ROUNDS = random.rounds(300);

function someOutcomes(): { worked: boolean; at: number }[] {
  return Array.from({ length: random.below(30) }, () => ({
    worked: random.next() < 0.6,
    at: NOW - random.below(900) * DAY,
  }));
}

const tallyOf = (outcomes: readonly { worked: boolean; at: number }[]): Tally =>
  outcomes.reduce((tally, { worked, at }) => addOutcome(tally, worked, at), EMPTY_TALLY);

function someFacts(): FixFacts {
  return {
    tally: tallyOf(someOutcomes()),
    writtenAt: NOW - random.below(1_500) * DAY,
    ...(random.next() < 0.7 ? { stated: random.next() } : {}),
    ...(random.next() < 0.5
      ? {
          softwareVersion: `${random.below(5)}.${random.below(9)}`,
          wantedVersion: `v${random.below(5)}.2.1`,
        }
      : {}),
  };
}

function eachRound(check: () => void): void {
  for (let round = 0; round < ROUNDS; round += 1) check();
}

test("odds and bounds lie between 0 and 1, and the bound below the share that worked", () => {
  eachRound(() => {
    const found = confidenceOf(someFacts(), NOW);
    for (const share of [
      found.value,
      found.lowerBound,
      found.prior,
      found.ageFactor,
      found.versionFactor,
    ]) {
      expect(share).toBeGreaterThanOrEqual(0);
      expect(share).toBeLessThanOrEqual(1);
    }
    const tried = found.worked + found.failed;
    if (tried > 0) expect(found.lowerBound).toBeLessThanOrEqual(found.worked / tried);
  });
});

test("one more success never lowers the odds, one more failure never raises them", () => {
  eachRound(() => {
    const facts = someFacts();
    const at = NOW - random.below(400) * DAY;
    const { value, lowerBound } = confidenceOf(facts, NOW);
    const better = confidenceOf({ ...facts, tally: addOutcome(facts.tally, true, at) }, NOW);
    const worse = confidenceOf({ ...facts, tally: addOutcome(facts.tally, false, at) }, NOW);
    expect(better.value).toBeGreaterThan(value);
    expect(better.lowerBound).toBeGreaterThan(lowerBound);
    expect(worse.value).toBeLessThanOrEqual(value);
    expect(worse.lowerBound).toBeLessThanOrEqual(lowerBound);
  });
});

test("with time, odds go towards not known, and never past it", () => {
  eachRound(() => {
    const facts = someFacts();
    const early = confidenceOf(facts, NOW).value;
    const late = confidenceOf(facts, NOW + 20 * 365 * DAY).value;
    expect(Math.abs(late - 0.5)).toBeLessThan(0.02);
    const fixed: FixFacts = {
      stated: 0.9,
      tally: tallyOf([{ worked: true, at: NOW }]),
      writtenAt: NOW,
    };
    const ages = [0, 30, 200, 800].map((days) => confidenceOf(fixed, NOW + days * DAY).value);
    expect(ages).toEqual(ages.toSorted((a, b) => b - a));
    expect(early).toBeLessThanOrEqual(1);
  });
});

test("the order of outcomes does not matter, and half their weight is gone after a half-life", () => {
  eachRound(() => {
    const outcomes = someOutcomes();
    const shuffled = outcomes.toSorted(() => random.next() - 0.5);
    const [one, other] = [tallyOf(outcomes), tallyOf(shuffled)];
    expect(other.worked).toBe(one.worked);
    expect(weightsAt(other, NOW).worked).toBeCloseTo(weightsAt(one, NOW).worked, 9);
    expect(weightsAt(other, NOW).failed).toBeCloseTo(weightsAt(one, NOW).failed, 9);
    const later = weightsAt(one, Math.max(NOW, one.at) + HALF_LIFE_MS).worked;
    expect(later).toBeCloseTo(weightsAt(one, Math.max(NOW, one.at)).worked / 2, 9);
  });
});

test("a fix that was tried says what came of it, in figures that can be checked", () => {
  const tally = tallyOf(
    Array.from({ length: 8 }, (_, at) => ({ worked: at > 0, at: NOW - 2 * DAY })),
  );
  const found = confidenceOf({ stated: 0.9, tally, writtenAt: NOW }, NOW);
  // By hand, with z = 1.96: (0.875 + 0.2401 - 1.96 * sqrt((0.109375 + 0.12005) / 8)) / (1 + 0.4802)
  expect(found.lowerBound).toBeCloseTo(0.529, 3);
  expect(found.value).toBeCloseTo((0.9 * 4 + 7) / (4 + 8), 2);
  expect(found.evidence).toBe(
    "worked 7 of 8 times (at least 53 % at 95 %), last tried 2 days ago; its author was 90 % sure.",
  );
  expect(confidenceOf({ tally: EMPTY_TALLY, writtenAt: NOW }, NOW)).toMatchObject({
    value: 0.5,
    lowerBound: 0,
    evidence: "never tried since it was stored.",
  });
  expect(wilsonLowerBound(0, 5)).toBe(0);
});

test("evidence from another major version counts less, the further the less", () => {
  const facts: FixFacts = {
    ...{ stated: 0.9, tally: tallyOf([{ worked: true, at: NOW }]), writtenAt: NOW },
    softwareVersion: "2.3",
  };
  const on = (wantedVersion: string) => confidenceOf({ ...facts, wantedVersion }, NOW).value;
  expect(on("2.3.9")).toBe(confidenceOf(facts, NOW).value);
  expect([on("2.3"), on("2.5"), on("3.0"), on("5.0")]).toEqual(
    [on("2.3"), on("2.5"), on("3.0"), on("5.0")].toSorted((a, b) => b - a),
  );
  expect(on("3.0")).toBeLessThan(on("2.9"));
  expect(versionDistance("latest", "2.0")).toBeUndefined();
});

test("a score is the sum of its parts, and grows with each of them", () => {
  eachRound(() => {
    const confidence = confidenceOf(someFacts(), NOW);
    const maybe = () => (random.next() < 0.5 ? random.next() : undefined);
    const signals = { text: random.next(), stack: maybe(), context: maybe(), confidence };
    const { score, parts } = explain(signals);
    expect(parts.reduce((sum, { weight }) => sum + weight, 0)).toBeCloseTo(1, 9);
    expect(score).toBeCloseTo(
      parts.reduce((sum, { value, weight }) => sum + value * weight, 0),
      9,
    );
    expect(explain({ ...signals, text: 1 }).score).toBeGreaterThanOrEqual(score);
    if (signals.stack !== undefined)
      expect(explain({ ...signals, stack: 1 }).score).toBeGreaterThanOrEqual(score);
  });
});

test("contexts match by their words", () => {
  expect(contextMatch("checkout service", "service/checkout")).toBe(1);
  expect(contextMatch("checkout service", "billing service")).toBeCloseTo(1 / 3);
  expect(contextMatch("checkout", undefined)).toBeUndefined();
  expect(contextMatch("!", "?")).toBe(0);
});
