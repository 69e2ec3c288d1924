import type { Stage } from "@trestle/policy";
import { describe, expect, test } from "vitest";
import type { LearnedCall } from "../../state/learned/learned.ts";
import { adviseConcurrency } from "./concurrency.ts";
import { adviseRetries } from "./retries.ts";
import { niceMs, quantileOf, shareBounds } from "./share.ts";
import { adviseTimeout } from "./timeouts.ts";
import { adviseTtl } from "./ttl.ts";

function callOf(changes: Partial<LearnedCall> = {}, stages: readonly Stage[] = []): LearnedCall {
  return {
    ...{ server: "one", tool: "read", principal: "ann", readOnly: true, arguments: "{}" },
    ...{ outcome: "success", startedAt: 0, durationMs: 0, retries: 0, cached: false },
    ...{ fallbackUsed: false, stages: () => stages },
    ...changes,
  };
}

const times = <T>(count: number, make: (index: number) => T): T[] =>
  Array.from({ length: count }, (_, index) => make(index));

describe("how long answers are kept", () => {
  /** Every ten seconds the same question; the answer changes every so often. */
  const asked = (count: number, changesEveryMs: number) =>
    times(count, (index) =>
      callOf({
        startedAt: index * 10_000,
        resultHash: `${Math.floor((index * 10_000) / changesEveryMs)}`,
      }),
    );

  test("is as long as they stay equal, and no longer than that saves calls", () => {
    const found = adviseTtl(asked(1_000, 4_777_000), { ttlMs: undefined, writes: [] });
    expect(found?.to).toBe(300_000);
    expect(found?.evidence).toMatch(
      /^Of 1000 calls \d+ repeated one of the last 5 min, and \d+ of/,
    );
    const figures = found?.figures ?? {};
    expect((figures.repeated ?? 0) / 1_000).toBeGreaterThan(0.9);
    expect((figures.changed ?? 1) / (figures.repeated ?? 1)).toBeLessThan(0.05);
  });

  test.each([
    ["answers change all the time", asked(1_000, 10_000)],
    ["too few questions are repeated", asked(50, 3_600_000)],
    [
      "nobody asks twice",
      asked(500, 1e9).map((call, index) => ({ ...call, arguments: `${index}` })),
    ],
    [
      "others ask the same",
      asked(500, 1e9).map((call, index) => ({ ...call, principal: `p${index}` })),
    ],
    ["results have no hash", asked(500, 1e9).map((call) => ({ ...call, resultHash: undefined }))],
  ])("is not said where %s", (_why, calls) => {
    expect(adviseTtl(calls, { ttlMs: undefined, writes: [] })).toBeUndefined();
  });

  test("does not count what a write would have made void", () => {
    const calls = asked(400, 1e9);
    const writes = calls.map(({ startedAt }) => startedAt + 5_000);
    expect(adviseTtl(calls, { ttlMs: undefined, writes })).toBeUndefined();
    expect(adviseTtl(calls, { ttlMs: undefined, writes: writes.slice(0, 5) })).toBeDefined();
  });

  test("is longer than now where renewals bring nothing, and shorter where they mostly do", () => {
    const renewed = (isNew: boolean) =>
      times(200, (index) =>
        callOf({ startedAt: index * 70_000, resultHash: isNew ? `${index}` : "same" }),
      );
    expect(adviseTtl(renewed(false), { ttlMs: 60_000, writes: [] })?.to).toBe(900_000);
    expect(adviseTtl(renewed(true), { ttlMs: 60_000, writes: [] })).toMatchObject({
      to: 30_000,
      figures: { renewed: 100, changed: 100 },
    });
  });
});

describe("retries", () => {
  const ended = (count: number, retries: number, outcome: LearnedCall["outcome"]) =>
    times(count, () =>
      callOf({ retries, outcome }, [{ policy: "retry", decision: "again after timeout", ms: 500 }]),
    );

  test("end where they hardly ever helped", () => {
    const calls = [
      ...ended(60, 3, "error"),
      ...ended(1, 1, "success"),
      ...ended(500, 0, "success"),
    ];
    expect(adviseRetries(calls, { retries: 3 })).toEqual({
      to: 0,
      evidence:
        "Of 61 calls that were retried 1 succeeded in the end; all together waited 30.5 s for it.",
      figures: { retried: 61, helped: 1, waited_ms: 30_500 },
    });
  });

  test("are one more where even the last one often helps", () => {
    const calls = [...ended(25, 2, "success"), ...ended(15, 2, "error"), ...ended(9, 1, "success")];
    expect(adviseRetries(calls, { retries: 2 })).toMatchObject({
      to: 3,
      figures: { retried: 49, helped: 34, last: 40, helped_last: 25 },
    });
  });

  test.each([
    ["few were retried", ended(19, 3, "error"), 3],
    ["some were helped", [...ended(40, 3, "error"), ...ended(10, 1, "success")], 3],
    ["nothing is retried", ended(100, 0, "error"), 0],
    ["there are many already", [...ended(50, 5, "success"), ...ended(20, 5, "error")], 5],
    ["all were helped", ended(50, 2, "success"), 2],
  ])("stay as they are where %s", (_why, calls, retries) => {
    expect(adviseRetries(calls, { retries })).toBeUndefined();
  });
});

describe("a timeout", () => {
  const answered = (count: number, ms: (index: number) => number) =>
    times(count, (index) =>
      callOf({}, [{ policy: "upstream", decision: "answered", ms: ms(index) }]),
    );
  const expired = (count: number) =>
    times(count, () => callOf({}, [{ policy: "timeout", decision: "expired", ms: 30_000 }]));
  const now = { attemptMs: 30_000, maxMs: 120_000 };

  test("is shorter where the slowest answers are far below it", () => {
    const calls = answered(2_000, (index) => (index < 4 ? 1_500 : 40));
    expect(adviseTimeout(calls, now)).toMatchObject({
      to: 5_000,
      evidence: expect.stringContaining("99.9 % came within 1.5 s"),
      figures: { answers: 2_000, p999_ms: 1_500, expired: 0 },
    });
  });

  test("is longer where answers come up to it and many come too late", () => {
    const calls = [...answered(300, (index) => 5_000 + index * 80), ...expired(12)];
    expect(adviseTimeout(calls, now)).toMatchObject({ to: 60_000, figures: { expired: 12 } });
  });

  test.each([
    ["few answers are known", answered(999, () => 10)],
    ["answers come up to it", answered(2_000, () => 8_000)],
    ["the server is dead rather than slow", [...answered(300, () => 20), ...expired(50)]],
  ])("stays as it is where %s", (_why, calls) => {
    expect(adviseTimeout(calls, now)).toBeUndefined();
  });
});

describe("calls at a time", () => {
  const waited = { policy: "bulkhead", decision: "waited", ms: 800 };
  const free = { policy: "bulkhead", decision: "free", ms: 0 };

  test("are more where calls wait and the server bears it", () => {
    const calls = times(400, (index) =>
      callOf({ startedAt: index * 10, durationMs: 5 }, [index % 10 === 0 ? waited : free]),
    );
    expect(adviseConcurrency(calls, { concurrency: 4 })).toMatchObject({
      to: 8,
      figures: { calls: 400, waited: 40, refused: 0, p95_wait_ms: 800 },
    });
  });

  test("are fewer where it fails when it is busy", () => {
    // Ten at once fail in most cases, one after the other they do not.
    const busy = times(200, (index) =>
      callOf({
        startedAt: Math.floor(index / 10) * 1_000,
        durationMs: 500,
        ...(index % 3 === 0 ? {} : { outcome: "error", errorCode: "unavailable" }),
      }),
    );
    const quiet = times(200, (index) =>
      callOf({ startedAt: 1_000_000 + index * 1_000, durationMs: 500 }),
    );
    expect(adviseConcurrency([...busy, ...quiet], { concurrency: 64 })).toMatchObject({
      to: 5,
      figures: { most: 10, busy: 200, quiet: 200, quiet_failed: 0 },
    });
  });

  test("stay as they are where hardly anything waits, or little is known", () => {
    const calls = times(400, (index) => callOf({ startedAt: index * 10 }, [free]));
    expect(adviseConcurrency(calls, { concurrency: 4 })).toBeUndefined();
    const few = times(100, () => callOf({}, [waited]));
    expect(adviseConcurrency(few, { concurrency: 4 })).toBeUndefined();
  });
});

test("shares have bounds, quantiles are values that were seen, and times are round", () => {
  expect(shareBounds(0, 73).high).toBeCloseTo(0.05, 3);
  expect(shareBounds(0, 0)).toEqual({ low: 0, high: 1 });
  expect(shareBounds(50, 100).low).toBeCloseTo(0.404, 3);
  expect(quantileOf([3, 1, 2], 0.5)).toBe(2);
  expect([1, 5_001, 700_000].map(niceMs)).toEqual([1_000, 10_000, 1_200_000]);
});
