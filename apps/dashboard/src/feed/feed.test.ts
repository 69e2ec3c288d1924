import { expect, test } from "vitest";
import { createBatches } from "./batches.ts";
import type { FeedEvent } from "./connection.ts";
import { createLiveStore, staleAfter } from "./live.ts";
import { addEvents, everySecond, SECONDS_SHOWN } from "./rates.ts";
import { createRing } from "./ring.ts";

function call(topic: string, atMs: number, payload: object = {}): FeedEvent {
  return {
    seq: 1,
    time: new Date(atMs).toISOString(),
    topic,
    payload: { durationMs: 10, ...payload },
  };
}

/** Frames that come when the test says so. */
function frames() {
  const waiting: (() => void)[] = [];
  return {
    next: (run: () => void) => {
      waiting.push(run);
      return () => void waiting.splice(waiting.indexOf(run), 1);
    },
    draw: () => waiting.shift()?.(),
    waiting,
  };
}

test("a thousand events between two pictures are one batch", () => {
  const { next, draw, waiting } = frames();
  const batches: number[] = [];
  const { add } = createBatches<number>(next, (batch) => void batches.push(batch.length));
  for (let event = 0; event < 1_000; event += 1) add(event);
  expect(waiting).toHaveLength(1);
  draw();
  add(1);
  draw();
  expect(batches).toEqual([1_000, 1]);
});

test("a page that is never drawn keeps the newest, and closing keeps nothing", () => {
  const { next, draw } = frames();
  const taken: number[] = [];
  const { add, close } = createBatches<number>(next, (batch) => void taken.push(...batch));
  for (let event = 0; event < 25_000; event += 1) add(event);
  draw();
  expect([taken.length <= 20_000, taken.at(-1)]).toEqual([true, 24_999]);
  add(1);
  close();
  draw();
  expect(taken.at(-1)).toBe(24_999);
});

test("a ring keeps the last, the oldest first", () => {
  const ring = createRing<number>(3);
  ring.push([1, 2]);
  expect(ring.read()).toEqual([1, 2]);
  ring.push([3, 4]);
  expect(ring.read()).toEqual([2, 3, 4]);
  ring.push([5, 6, 7, 8]);
  expect([ring.read(), ring.size]).toEqual([[6, 7, 8], 3]);
});

test("events become seconds, and those that are over go", () => {
  const first = addEvents(
    [],
    [call("call.success", 1_000), call("call.error", 1_900, { durationMs: 50 })],
    2_000,
  );
  expect(first).toEqual([{ at: 1, calls: 2, failures: 1, cached: 0, totalMs: 60, slowestMs: 50 }]);
  const later = (SECONDS_SHOWN + 5) * 1_000;
  expect(addEvents(first, [call("call.success", later, { cached: true })], later)).toEqual([
    { at: SECONDS_SHOWN + 5, calls: 1, failures: 0, cached: 1, totalMs: 10, slowestMs: 10 },
  ]);
});

test("a chart has every second, also those in which nothing was called", () => {
  const seconds = everySecond(addEvents([], [call("call.success", 500_000)], 502_000), 502_000);
  expect(seconds).toHaveLength(SECONDS_SHOWN);
  expect(seconds.at(-1)?.at).toBe(501);
  expect(seconds.filter(({ calls }) => calls > 0).map(({ at }) => at)).toEqual([500]);
});

test("one batch is one change of the store, calls and news apart", () => {
  const store = createLiveStore(() => 2_000);
  let changes = 0;
  store.subscribe(() => {
    changes += 1;
  });
  store.take([call("call.success", 1_000), call("server.lost", 1_000), call("call.error", 1_000)]);
  const { calls, news, seconds } = store.read();
  expect([changes, calls.length, news.length, seconds.length]).toEqual([1, 2, 1, 1]);
});

test("events say what has to be read again; calls do not", () => {
  expect(staleAfter([call("call.success", 1), call("review.waiting", 1)])).toEqual(["GET review"]);
});
