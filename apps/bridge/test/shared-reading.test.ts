import type { JsonObject } from "@trestle/protocol";
import { afterAll, beforeAll, expect, test } from "vitest";
import { dataOf, type SharedBridge, startThree } from "./_shared-bridges.ts";

let three: Awaited<ReturnType<typeof startThree>>;
beforeAll(async () => {
  three = await startThree();
});
afterAll(() => three?.end());

const MOST_MS = 2_000;

async function get(bridge: SharedBridge, path: string): Promise<JsonObject> {
  const answer = await bridge.ask("GET", path);
  expect(answer.status, JSON.stringify(answer.body)).toBe(200);
  return dataOf(answer);
}

async function replicaOf(bridge: SharedBridge): Promise<unknown> {
  const { shared } = await bridge.health();
  return (shared as JsonObject).replica;
}

async function called(bridge: SharedBridge, text: string): Promise<string> {
  const { status, body } = await bridge.call("one.read", { text });
  expect(status).toBe(200);
  return String((body.metadata as JsonObject).execution_id);
}

const rows = (data: JsonObject): JsonObject[] => data.executions as JsonObject[];

test("the history of all is read at each, page by page, and says where each call was", async () => {
  const { bridges } = three;
  const [first] = bridges;
  const made: string[] = [];
  for (let call = 0; call < 9; call += 1) {
    made.push(await called(bridges[call % 3] as SharedBridge, `call ${call}`));
  }
  const seen: JsonObject[] = [];
  let next: unknown;
  do {
    const before = next === undefined ? "" : `&before=${encodeURIComponent(String(next))}`;
    const page = await get(first, `history?limit=4${before}`);
    expect(page.problem).toBeUndefined();
    seen.push(...rows(page));
    next = page.next;
  } while (next !== undefined);
  expect(seen.map(({ execution_id }) => execution_id)).toEqual(made.toReversed());
  const replicas = await Promise.all(bridges.map(replicaOf));
  expect(seen.slice(0, 3).map(({ replica }) => replica)).toEqual(replicas.toReversed());
  for (const [at, id] of made.slice(0, 3).entries()) {
    const found = await get(bridges[2], `history/${id}`);
    expect(found).toMatchObject({ execution_id: id, replica: replicas[at] });
  }
});

test("figures of all are added up, and statistics told of each", async () => {
  const { bridges } = three;
  const [first, second, third] = bridges;
  const totals = async (bridge: SharedBridge): Promise<JsonObject> =>
    (await get(bridge, "metrics")).totals as JsonObject;
  const before = Number((await totals(first)).calls);
  for (const bridge of [second, third, third]) await called(bridge, "counted");
  expect((await totals(first)).calls).toBe(before + 3);
  expect((await totals(third)).calls).toBe(before + 3);
  const { tools } = await get(second, "performance");
  expect(tools).toMatchObject([{ server: "one", tool: "read", calls: before + 3 }]);
  const { replicas } = await get(first, "stats");
  const told = replicas as JsonObject[];
  expect(told.map(({ replica }) => replica).toSorted()).toEqual(
    (await Promise.all(bridges.map(replicaOf))).toSorted(),
  );
  const sum = told.reduce((all, { calls }) => all + Number((calls as JsonObject).total), 0);
  expect(sum).toBe(before + 3);
});

test("a bridge that does not answer is told of, and keeps nobody waiting", async () => {
  const [first] = three.bridges;
  const doomed = await three.start();
  await called(doomed, "nobody will know");
  while (((await first.health()).shared as JsonObject).replicas !== 4);
  const replica = await replicaOf(doomed);
  process.kill(doomed.pid, "SIGSTOP");
  try {
    for (const path of ["history", "metrics", "performance", "stats"]) {
      const began = performance.now();
      const { problem } = await get(first, path);
      expect(performance.now() - began).toBeLessThan(MOST_MS);
      expect(problem).toMatch(new RegExp(`the bridge ${replica} did not answer`));
    }
  } finally {
    process.kill(doomed.pid, "SIGKILL");
  }
});

test("without Redis each tells what it knows, and which are missing", async () => {
  const [first] = three.bridges;
  const here = await replicaOf(first);
  await three.redis.kill();
  const id = await called(first, "alone");
  const began = performance.now();
  const page = await get(first, "history?limit=1");
  expect(performance.now() - began).toBeLessThan(MOST_MS);
  expect(page.problem).toMatch(/did not answer/);
  expect(rows(page)).toMatchObject([{ execution_id: id, replica: here }]);
  await three.redis.restart();
});
