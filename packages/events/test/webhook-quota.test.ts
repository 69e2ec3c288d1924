import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { silentLogger, systemClock } from "@trestle/protocol";
import { temporaryFolder } from "@trestle/testkit/surroundings";
import { expect, onTestFinished, test } from "vitest";
import { openDeliveryQueue } from "../src/webhooks/queue.ts";

const MAX_BYTES = 2_000_000;

async function openQueue() {
  const file = join(temporaryFolder(), "webhooks.db");
  const options = { file, maxBytes: MAX_BYTES, clock: systemClock, log: silentLogger };
  const queue = await openDeliveryQueue(options);
  onTestFinished(() => queue.close());
  let seq = 0;
  const add = async (): Promise<void> => {
    seq += 1;
    const payload = { text: "x".repeat(10_000) };
    await queue.add({ seq, topic: "t", time: Date.now(), payload }, ["target"]);
  };
  return { file, queue, add };
}

test("the oldest dead letters make room for what comes, and what waits stays", async () => {
  const { file, queue, add } = await openQueue();
  await add();
  const [kept] = queue.list("waiting", 1);
  for (let index = 0; index < 600; index += 1) {
    await add();
    const fresh = queue.list("waiting", 10).find(({ id }) => id !== kept?.id);
    await queue.bury(String(fresh?.id), "refused");
  }
  const [counts] = queue.counts();
  expect(counts?.waiting).toBe(1);
  expect(counts?.dead).toBeGreaterThan(40);
  expect(counts?.dead).toBeLessThan(250);
  const seqs = queue.list("dead", 1_000).map(({ event }) => event.seq);
  expect(seqs.at(-1)).toBe(601);
  await queue.close();
  const database = new DatabaseSync(file, { readOnly: true });
  const [size] = database.prepare("PRAGMA page_count").all();
  database.close();
  expect(Number(size?.page_count) * 4_096).toBeLessThan(MAX_BYTES * 2);
});

test("where what waits takes all there is, no more is taken, which is said", async () => {
  const { queue, add } = await openQueue();
  let refused: unknown;
  for (let index = 0; index < 600 && refused === undefined; index += 1) {
    await add().catch((error: unknown) => {
      refused = error;
    });
  }
  expect(refused).toMatchObject({ code: "unavailable", message: expect.stringContaining("quota") });
  expect(queue.counts()[0]?.dead).toBe(0);
  const [first] = queue.list("waiting", 1);
  expect(first?.event.seq).toBe(1);
});
