import { manualClock } from "@trestle/testkit/surroundings";
import { describe, expect, test } from "vitest";
import { batch, batchSync } from "./batch.ts";

describe("a batch", () => {
  const half = (value: number) => {
    if (value % 2 === 1) throw new Error(`${value} is odd`);
    return value / 2;
  };

  test("does each item, and keeps what went wrong with each", () => {
    const progress: number[][] = [];
    const outcome = batchSync([2, 3, 4], half, {
      onProgress: ({ done, failed, total }) => progress.push([done, failed, total]),
    });
    expect(outcome).toMatchObject([
      { index: 0, ok: true, value: 1 },
      { index: 1, ok: false, error: { message: "3 is odd" } },
      { index: 2, ok: true, value: 2 },
    ]);
    expect(progress).toEqual([
      [1, 0, 3],
      [2, 1, 3],
      [3, 1, 3],
    ]);
    expect(batchSync([3, 2], half, { stopOnError: true })).toHaveLength(1);
  });

  test("of slow work has so many items at once, and never more; its outcome is in their order", async () => {
    const clock = manualClock();
    let running = 0;
    let most = 0;
    const work = async (value: number) => {
      running += 1;
      most = Math.max(most, running);
      await new Promise<void>((resolve) => clock.after(100 - value, resolve));
      running -= 1;
      return half(value);
    };
    const items = Array.from({ length: 20 }, (_, index) => index);
    const ended = batch(items, work, { concurrency: 3 });
    let isOver = false;
    void ended.then(() => {
      isOver = true;
    });
    while (!isOver) {
      clock.advance(10);
      await new Promise(setImmediate);
    }
    const outcome = await ended;
    expect(most).toBe(3);
    expect(outcome.map(({ index, ok }) => [index, ok])).toEqual(
      items.map((index) => [index, index % 2 === 0]),
    );
  });

  test("ends with its signal, after what was at work", async () => {
    const controller = new AbortController();
    const begun: number[] = [];
    const ended = batch(
      [1, 2, 3, 4],
      async (value) => {
        begun.push(value);
        await new Promise(setImmediate);
        controller.abort(new Error("enough"));
      },
      { concurrency: 2, signal: controller.signal },
    );
    await expect(ended).rejects.toThrow("enough");
    expect(begun).toEqual([1, 2]);
  });

  test("stops at the first failure where asked to, and takes nothing for an error", async () => {
    const outcome = await batch([1, 2], () => Promise.reject(undefined), {
      concurrency: 1,
      stopOnError: true,
    });
    expect(outcome).toMatchObject([{ index: 0, ok: false, error: expect.any(Error) }]);
    expect(await batch([], async () => 1)).toEqual([]);
    await expect(batch([1], async () => 1, { concurrency: 0 })).rejects.toThrow("concurrency");
  });
});
