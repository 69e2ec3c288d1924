import { manualClock } from "@trestle/testkit/surroundings";
import { expect, test } from "vitest";
import { createRecordRedact } from "../records/redact.ts";
import { createQueryLog } from "./query-log.ts";

const HOUR = 3_600_000;

function openLog() {
  const clock = manualClock(0);
  return { clock, log: createQueryLog({ clock, redact: createRecordRedact() }) };
}

test("queries are counted however they are written, with what they led to", () => {
  const { log } = openLog();
  log.words("Pool  timeout", { ids: ["a", "b"], total: 2 });
  log.words("pool timeout", { ids: ["a"], total: 1 });
  log.words("zebra", { ids: [], total: 0 });
  log.words("", { ids: ["c"], total: 1 });
  log.opened("a");
  log.tried("b", true);
  log.tried("a", false);
  log.opened("never shown");
  const none = { empty: 0, opened: 0, worked: 0, failed: 0 };
  const pool = { kind: "words", text: "pool timeout", count: 2 };
  const zebra = { kind: "words", text: "zebra", count: 1 };
  expect(log.read()).toEqual([
    { ...pool, ...none, opened: 1, worked: 1, failed: 1 },
    { ...zebra, ...none, empty: 1 },
  ]);
});

test("neither secrets nor the ids and numbers of an error are kept", () => {
  const { log } = openLog();
  const found = { ids: [], total: 0 };
  log.words("why is ghp_0123456789abcdefghij0123456789abcdef refused", found);
  log.error({ name: "TimeoutError", message: "job 4711 timed out after 3000 ms" }, found);
  log.error({ name: "TimeoutError", message: "job 4712 timed out after 20 ms" }, found);
  const [error, words] = log.read();
  expect(words?.text).not.toContain("ghp_");
  expect(error).toMatchObject({ kind: "error", count: 2 });
  expect(error?.text).not.toMatch(/\d/);
});

test("what is opened later than an hour, or was shown by another query since, is not its doing", () => {
  const { log, clock } = openLog();
  log.words("first", { ids: ["a", "b"], total: 2 });
  log.words("second", { ids: ["b"], total: 1 });
  log.opened("b");
  clock.advance(HOUR + 1);
  log.opened("a");
  expect(log.read().map(({ text, opened }) => [text, opened])).toEqual([
    ["first", 0],
    ["second", 1],
  ]);
});

test("what is taken is told once, unless it could not be kept", () => {
  const { log } = openLog();
  log.words("one", { ids: ["a"], total: 1 });
  const taken = log.take();
  expect([taken.length, log.read().length]).toEqual([1, 0]);
  log.opened("a");
  expect(log.read()).toMatchObject([{ text: "one", count: 0, opened: 1 }]);
  log.putBack(taken);
  expect(log.read()).toMatchObject([{ text: "one", count: 1, opened: 1 }]);
});

test("of very many queries the frequent ones stay", () => {
  const { log } = openLog();
  for (let round = 0; round < 3; round += 1) log.words("often", { ids: [], total: 0 });
  for (let n = 0; n < 5_000; n += 1) log.words(`once ${n}`, { ids: [`${n}`], total: 1 });
  log.words("often", { ids: [], total: 0 });
  const taken = log.take();
  expect(taken).toHaveLength(100);
  expect(taken[0]).toMatchObject({ text: "often", count: 4 });
});
