import { systemClock } from "@trestle/protocol";
import { expect, test } from "vitest";
import { createRunning, STOPPING } from "./running.ts";

const signal = new AbortController().signal;
const refusal = { code: "unavailable", details: { [STOPPING]: true, sent: false } };

test("a draining bridge finishes what runs and refuses what comes, so that another may do it", async () => {
  const running = createRunning(systemClock);
  const work = Promise.withResolvers<string>();
  const first = running.run(signal, () => work.promise);
  running.refuseWhenDraining();
  const drained = running.drain(60_000);
  await expect(running.run(signal, async () => "late")).rejects.toMatchObject(refusal);
  expect(() => running.refuseWhenDraining()).toThrow(expect.objectContaining(refusal));
  expect(running.count()).toBe(1);
  work.resolve("done");
  expect(await first).toBe("done");
  await drained;
});

test("what outlives the grace is aborted, its outcome unknown", async () => {
  const running = createRunning({
    now: () => 0,
    after(_ms, work) {
      work();
      return () => {};
    },
  });
  const cut = running.run(
    signal,
    (inner) =>
      new Promise((_resolve, reject) =>
        inner.addEventListener("abort", () => reject(inner.reason)),
      ),
  );
  const drained = running.drain(0);
  await expect(cut).rejects.toMatchObject({ code: "outcome_unknown" });
  await drained;
});

test("what runs may still begin its parts, and whoever drains twice is told twice", async () => {
  const running = createRunning(systemClock);
  const work = Promise.withResolvers<string>();
  let inner = signal;
  const first = running.run(signal, (own) => {
    inner = own;
    return work.promise;
  });
  const drained = [running.drain(60_000), running.drain(60_000)];
  running.refuseWhenDraining(inner);
  expect(await running.run(inner, async () => "a part")).toBe("a part");
  expect(await running.run(signal, async () => "another", { isPart: true })).toBe("another");
  work.resolve("done");
  await Promise.all([first, ...drained]);
  await expect(running.run(inner, async () => "late")).rejects.toMatchObject(refusal);
  const late = running.run(signal, async () => "late", { isPart: true });
  await expect(late).rejects.toMatchObject(refusal);
});
