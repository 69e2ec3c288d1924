import { expect, test } from "vitest";
import { openTestKnowledge, timeout } from "../knowledge/_open.ts";
import { countByDay, daysBetween } from "./days.ts";

const DAY = 86_400_000;
const KINDS = ["usage", "search", "errors", "learning", "growth"] as const;

test("a period has all of its days, and no more than the last ninety", () => {
  const at = (text: string) => Date.parse(text);
  const days = daysBetween(at("2026-02-27T23:59:59Z"), at("2026-03-02T00:00:00Z"));
  expect(days).toEqual(["2026-02-27", "2026-02-28", "2026-03-01", "2026-03-02"]);
  expect(daysBetween(0, at("2026-03-02T00:00:00Z"))).toHaveLength(90);
  const period = { since: at("2026-02-27T12:00:00Z"), until: at("2026-02-28T12:00:00Z") };
  const times = ["2026-02-27T11:00:00Z", "2026-02-27T13:00:00Z", "2026-02-28T01:00:00Z"].map(at);
  expect(countByDay(times, period)).toEqual({ "2026-02-27": 1, "2026-02-28": 1 });
});

test("what all processes were asked and did is one sum, with what it led to", async () => {
  const first = await openTestKnowledge();
  const { clock, path } = first;
  const { id } = await first.knowledge.store({ ...timeout(1), fix: "Raise it" });
  await first.knowledge.search({ text: "connection pool" });
  await first.knowledge.get(id);
  await first.knowledge.search({ text: "zebra" });
  await first.knowledge.close();
  clock.advance(2 * DAY);
  const second = await openTestKnowledge({ clock, path });
  await second.knowledge.store(timeout(2));
  await second.knowledge.search({ text: "Connection POOL" });
  await second.knowledge.recordOutcome(id, { worked: true });
  const since = clock.now() - 7 * DAY;
  const { usage, search, errors, learning, growth } = await second.knowledge.metrics(KINDS, {
    since,
  });
  expect(search).toMatchObject({
    searches: 3,
    popular: [
      { text: "connection pool", count: 2, opened: 1, worked: 1 },
      { text: "zebra", count: 1, empty: 1 },
    ],
    unanswered: [{ text: "zebra", empty: 1 }],
  });
  expect(usage).toMatchObject({
    ...{ samples: 2, truncated: false, operations: { store: { count: 2 }, get: { count: 1 } } },
    byDay: { "2026-06-01": 4, "2026-06-03": 3 },
  });
  expect(usage?.byHour.reduce((sum, each) => sum + each)).toBe(7);
  expect(errors?.trends).toMatchObject([{ name: "TimeoutError", before: 0, now: 2 }]);
  expect(learning).toMatchObject({
    ...{ metAgain: 1, metAgainWithFix: 1, workedByDay: { "2026-06-03": 1 } },
  });
  expect(growth).toMatchObject({ byDay: { "2026-06-01": 1 }, withFixByDay: { "2026-06-01": 1 } });
  // A later period has what was before as its past.
  clock.advance(DAY);
  const later = await second.knowledge.metrics(KINDS, { since: clock.now() - 2 * DAY });
  expect(later.errors?.trends).toMatchObject([{ before: 1, now: 1 }]);
});

test("who may not see all is told no queries, which are the words of others", async () => {
  const { knowledge, clock } = await openTestKnowledge();
  await knowledge.search({ text: "a secret project" });
  const { search } = await knowledge.metrics(["search"], {
    since: clock.now() - DAY,
    permits: () => true,
  });
  expect(search).toMatchObject({ searches: 1, popular: [], unanswered: [] });
});

test("counting what is asked costs no request: one sample each quarter of an hour has it all", async () => {
  const { knowledge, clock, store } = await openTestKnowledge();
  for (let n = 0; n < 50; n += 1) await knowledge.search({ text: `pool ${n % 3}` });
  const samples = async () => (await store.list("mcp/metrics/")).objects.length;
  expect(await samples()).toBe(0);
  clock.advance(15 * 60_000);
  await expect.poll(samples, { timeout: 30_000 }).toBe(1);
  const { search } = await knowledge.metrics(["search"], { since: clock.now() - DAY });
  expect(search?.popular.map(({ count }) => count)).toEqual([17, 17, 16]);
});
