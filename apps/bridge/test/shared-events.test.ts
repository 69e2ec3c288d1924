import type { JsonObject } from "@trestle/protocol";
import { until } from "@trestle/testkit/surroundings";
import { Redis } from "ioredis";
import { afterAll, beforeAll, expect, test } from "vitest";
import { connectFeed, type FeedClient } from "./_feed.ts";
import { type SharedBridge, startThree } from "./_shared-bridges.ts";

let three: Awaited<ReturnType<typeof startThree>>;
beforeAll(async () => {
  three = await startThree();
});
afterAll(() => three?.end());

const open = (bridge: SharedBridge): Promise<FeedClient> =>
  connectFeed(bridge.url, { headers: { authorization: `Bearer ${bridge.admin}` } });

const read = (bridge: SharedBridge, text: string) => bridge.call("one.read", { text });

const events = ({ frames }: FeedClient): JsonObject[] =>
  frames.filter(({ type }) => type === "event");
const gaps = ({ frames }: FeedClient): JsonObject[] => frames.filter(({ type }) => type === "gap");
const executions = (client: FeedClient): unknown[] =>
  events(client).map(({ payload }) => (payload as JsonObject).executionId);

/** The id that the answer of a call tells. */
async function called(bridge: SharedBridge, text: string): Promise<unknown> {
  const { status, body } = await read(bridge, text);
  expect(status).toBe(200);
  return (body.metadata as JsonObject).execution_id;
}

/** How many events went to Redis since it began. */
async function told(): Promise<number> {
  let calls = 0;
  for (const [, host] of three.redis.url.matchAll(/([\d.]+:\d+)/g)) {
    const redis = new Redis(`redis://${host}`);
    const stats = await redis.info("commandstats");
    redis.disconnect();
    calls += Number(/cmdstat_xadd:calls=(\d+)/.exec(stats)?.[1] ?? 0);
  }
  return calls;
}

test("calls that nobody listens for cost Redis nothing", async () => {
  const before = await told();
  for (const bridge of three.bridges) await called(bridge, "alone");
  expect(await told()).toBe(before);
});

test("whoever listens at one bridge hears what happens at all, in one order, and resumes at another", async () => {
  const [first, second, third] = three.bridges;
  const reader = await open(first);
  await reader.subscribe({ topics: ["call.*"] });
  const ids = [];
  for (let call = 0; call < 9; call += 1) {
    ids.push(await called([second, third, first][call % 3] as SharedBridge, `call ${call}`));
  }
  await until("all are heard", () => events(reader).length === 9);
  expect(executions(reader).toSorted()).toEqual(ids.toSorted());
  const numbers = events(reader).map(({ seq }) => Number(seq));
  expect(numbers).toEqual(numbers.toSorted((a, b) => a - b));
  expect(new Set(events(reader).map(({ replica }) => replica)).size).toBe(3);

  reader.socket.terminate();
  const missed = [await called(third, "missed"), await called(first, "missed, too")];
  const since = numbers[4] as number;
  for (const bridge of [second, third]) {
    const again = await open(bridge);
    await again.subscribe({ topics: ["call.*"], since });
    await until("the rest is told", () => events(again).length === 6);
    expect(executions(again)).toEqual([...executions(reader).slice(5), ...missed]);
    expect(gaps(again)).toEqual([]);
  }
});

test("a bridge that starts later knows what happened before it", async () => {
  const [first] = three.bridges;
  const reader = await open(first);
  await reader.subscribe({ topics: ["call.*"], since: 0 });
  const id = await called(first, "before");
  await until("it is told", () => executions(reader).includes(id));
  const late = await three.start();
  const there = await open(late);
  await there.subscribe({ topics: ["call.*"], since: 0 });
  await until("it is told there", () => executions(there).includes(id));
  expect(executions(there)).toEqual(executions(reader));
  await called(late, "after");
  await until("both are told", () =>
    [reader, there].every(
      (each) =>
        events(each).at(-1)?.seq === events(there).at(-1)?.seq &&
        executions(each).length === executions(there).length,
    ),
  );
  await late.stop();
});

test("without Redis a bridge tells those who listen to it; later all learn of the gap", async () => {
  const [first, second] = three.bridges;
  const here = await open(first);
  const there = await open(second);
  for (const client of [here, there]) await client.subscribe({ topics: ["call.*"] });
  const before = await called(first, "together");
  for (const client of [here, there]) {
    await until("both hear", () => executions(client).includes(before));
  }
  await three.redis.kill();
  const alone = await called(first, "alone");
  await until("it is told here", () => executions(here).includes(alone));
  const aloneSeq = Number(events(here).at(-1)?.seq);

  // Whoever comes to another bridge now is told at once that something is missing.
  const moved = await open(second);
  await moved.subscribe({ topics: ["call.*"], since: aloneSeq });
  await until("a gap is told", () => gaps(moved).length === 1);

  await three.redis.restart();
  await until(
    "all are told of the gap",
    () => [here, there].every((each) => gaps(each).length > 0),
    20_000,
  );
  expect(executions(there)).not.toContain(alone);
  const [gap] = gaps(there);
  expect(Number(gap?.from)).toBeLessThanOrEqual(aloneSeq);
  expect(Number(gap?.to)).toBeGreaterThan(aloneSeq);
  const resumed = await open(second);
  await resumed.subscribe({ topics: ["call.*"], since: aloneSeq });
  await until("who resumes is told of it, too", () => gaps(resumed).length > 0);
  const later: unknown[] = [];
  while (!later.some((id) => executions(here).includes(id))) {
    later.push(await called(second, "together again"));
  }
});
