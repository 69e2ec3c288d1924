import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { attemptsIn, faultyCommand } from "@trestle/testkit";
import { expect, test } from "vitest";
import { type Answer, callByHttp } from "./_peer.ts";
import { createPlace, serve } from "./_place.ts";
import { until } from "./_processes.ts";
import { effectsOf, entry } from "./_upstreams.ts";

const CONCURRENCY = 64;
const QUEUE = 8;
const TOO_MANY = 5;

test("what neither runs nor may wait is refused, unsent, with the time to come back", async () => {
  const place = createPlace();
  place.configure({
    policy: { bulkhead: { queue: QUEUE } },
    mcpServers: { slow: entry(place, "slow"), idle: entry(place, "idle") },
  });
  const { url } = await serve(place);
  const keyOf = (index: number) => `call-${index}`;
  const call = (index: number) =>
    callByHttp(url, "slow__write", { key: keyOf(index), until: "enough" });
  const first = Array.from({ length: CONCURRENCY }, (_, index) => call(index));
  const reached = () => effectsOf(place);
  await until("the server works on all of them", () => reached().length === CONCURRENCY);

  const more = Array.from({ length: QUEUE + TOO_MANY }, (_, index) => call(CONCURRENCY + index));
  const refused = (await firstOf(more, TOO_MANY)).map(({ error }) => error);
  expect(reached()).toHaveLength(CONCURRENCY);
  for (const error of refused) {
    expect(error?.message).toMatch(
      /"slow" works on 64 calls and 8 more wait, so slow\.write was not sent/,
    );
    expect(error?.data).toMatchObject({
      code: "unavailable",
      retryable: true,
      retryAfterMs: expect.any(Number),
      details: { upstream: "slow", sent: false, refusedBy: "bulkhead" },
    });
  }
  // Nobody else waits for a server that is full.
  expect((await callByHttp(url, "idle__read")).answer.error).toBeUndefined();

  writeFileSync(join(place.root, "enough"), "");
  const answers = (await Promise.all([...first, ...more])).map(({ answer }) => answer);
  expect(answers.filter(({ error }) => error === undefined)).toHaveLength(CONCURRENCY + QUEUE);
  const keys = reached();
  expect(new Set(keys).size).toBe(keys.length);
  expect(keys).toHaveLength(CONCURRENCY + QUEUE);
});

test("who calls more often than is allowed is told the limit, and when to come back", async () => {
  const place = createPlace();
  const { root } = place;
  place.configure({
    policy: { limit: { local: { calls: 3, windowMs: 60_000 } } },
    mcpServers: { one: faultyCommand({ root, name: "one" }) },
  });
  const { url } = await serve(place);
  const began = Date.now();
  for (const remaining of [2, 1, 0]) {
    const { answer } = await callByHttp(url, "one__read", { key: "read" });
    const rate_limit = { limit: 3, remaining, reset: expect.any(Number) };
    expect(answer.result?._meta).toMatchObject({ "trestle/call": { rate_limit } });
  }
  const { answer } = await callByHttp(url, "one__read", { key: "refused" });
  expect(answer.error?.message).toMatch(
    /limit of this principal is reached \(3 calls in 60 s\).* Try again in \d+ s/,
  );
  const { code, retryAfterMs, details } = (answer.error?.data ?? {}) as {
    code?: string;
    retryAfterMs?: number;
    details?: { reset: number };
  };
  expect(code).toBe("rate_limited");
  expect(details).toMatchObject({ limited: "principal", limit: 3, remaining: 0, sent: false });
  expect(retryAfterMs).toBeGreaterThan(0);
  expect(retryAfterMs).toBeLessThanOrEqual(60_000);
  expect(details?.reset).toBeGreaterThan(began);
  expect(details?.reset).toBeLessThan(began + 120_000);
  expect(attemptsIn(root, "one").map(({ key }) => key)).toEqual(["read", "read", "read"]);
});

/** So many answers as come first. */
async function firstOf(calls: Promise<{ answer: Answer }>[], count: number): Promise<Answer[]> {
  const answers: Answer[] = [];
  for (const call of calls) void call.then(({ answer }) => answers.push(answer));
  await until(`${count} are answered`, () => answers.length >= count);
  return answers.slice(0, count);
}
