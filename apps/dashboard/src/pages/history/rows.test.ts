import { expect, test } from "vitest";
import type { HistoryRow } from "../../api/generated.ts";
import type { FeedEvent } from "../../feed/connection.ts";
import { NO_ROWS, rowsOf, withCalls, withPage, withWaiting } from "./rows.ts";

const NOW = Date.parse("2026-01-01T00:00:02.000Z");

function row(id: string): HistoryRow {
  return { execution_id: id, server: "one", tool: "read" } as HistoryRow;
}

function event(id: string, payload: object = {}): FeedEvent {
  const facts = {
    executionId: id,
    server: "one",
    tool: "read",
    principal: "local",
    outcome: "success",
    durationMs: 40,
    ...payload,
  };
  return { seq: 1, time: "2026-01-01T00:00:01.000Z", topic: "call.success", payload: facts };
}

const ids = (rows: readonly HistoryRow[]): string[] => rows.map((each) => each.execution_id);

test("pages follow each other, and a row that moved on is not there twice", () => {
  const first = withPage(NO_ROWS, [row("c"), row("b")], 2);
  const second = withPage(first, [row("b"), row("a")], undefined);
  expect(ids(second.all)).toEqual(["c", "b", "a"]);
  expect(second.next).toBeUndefined();
});

test("calls that ended come first, the last of them at the top", () => {
  const rows = withCalls(withPage(NO_ROWS, [row("a")], undefined), [row("b"), row("c")], false);
  expect(ids(rows.all)).toEqual(["c", "b", "a"]);
});

test("what comes while somebody reads waits until it is wanted", () => {
  const reading = withCalls(withPage(NO_ROWS, [row("a")], undefined), [row("b")], true);
  expect([ids(reading.all), ids(reading.waiting)]).toEqual([["a"], ["b"]]);
  const shown = withWaiting(withCalls(reading, [row("c")], true));
  expect([ids(shown.all), ids(shown.waiting)]).toEqual([["c", "b", "a"], []]);
});

test("a call that a page had already is not there twice", () => {
  const rows = withCalls(withPage(NO_ROWS, [row("a")], undefined), [row("a"), row("b")], false);
  expect(ids(rows.all)).toEqual(["b", "a"]);
});

test("a call that ran when its page was read ends where it stands", () => {
  const running = { ...row("a"), outcome: "started", attempts: 2 } as HistoryRow;
  const page = withPage(NO_ROWS, [row("b"), running], undefined);
  const rows = withCalls(page, rowsOf([event("a")], {}, NOW), false);
  expect(ids(rows.all)).toEqual(["b", "a"]);
  expect(rows.all[1]).toMatchObject({ outcome: "success", duration_ms: 40, attempts: 2 });
});

test("a page after a hundred thousand rows takes no longer than a picture or two", () => {
  const many = withPage(
    NO_ROWS,
    Array.from({ length: 100_000 }, (_, index) => row(String(index))),
    1,
  );
  const page = Array.from({ length: 500 }, (_, index) => row(`old ${index}`));
  const begun = performance.now();
  expect(withPage(many, [row("7"), ...page], undefined).all.length).toBe(100_500);
  expect(performance.now() - begun).toBeLessThan(500);
});

test("an event becomes a row that says when the call began", () => {
  const [made] = rowsOf([event("x")], {}, NOW);
  expect(made).toMatchObject({
    execution_id: "x",
    started_at: "2026-01-01T00:00:00.960Z",
    duration_ms: 40,
  });
});

test("events go by the filters", () => {
  const batch = [
    event("x"),
    event("y", { server: "two" }),
    { ...event("z"), topic: "server.lost" },
  ];
  expect(ids(rowsOf(batch, { server: "one" }, NOW))).toEqual(["x"]);
  expect(ids(rowsOf(batch, { tool: "two__read" }, NOW))).toEqual(["y"]);
});

test("a hundred thousand rows take another thousand calls within a frame or two", () => {
  const many = withPage(
    NO_ROWS,
    Array.from({ length: 100_000 }, (_, index) => row(String(index))),
    1,
  );
  const begun = performance.now();
  const rows = withCalls(
    many,
    Array.from({ length: 1_000 }, (_, index) => row(`new ${index}`)),
    false,
  );
  expect(rows.all.length).toBe(101_000);
  expect(performance.now() - begun).toBeLessThan(500);
});
