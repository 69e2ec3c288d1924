import { spawnSync } from "node:child_process";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { describeTrackerStore } from "../_describe-tracker-store.ts";
import { batchOf, recordOf } from "../_sample.ts";
import { type OwnCluster, startOwnCluster } from "./_own-cluster.ts";
import { parseAddress } from "./address.ts";
import { openRedisStore } from "./open.ts";

const hasRedis = ["redis-server", "redis-cli"].every(
  (name) => spawnSync(name, ["--version"]).status === 0,
);

describe.skipIf(!hasRedis)("on a cluster of three masters", () => {
  let cluster: OwnCluster;
  let opened = 0;
  beforeAll(async () => {
    cluster = await startOwnCluster();
  }, 120_000);
  afterAll(() => cluster.stop());

  describeTrackerStore("the store in Redis Cluster", {
    async open(options = {}) {
      const store = await openRedisStore({
        cluster: cluster.nodes,
        prefix: `test-${++opened}`,
        ...options,
      });
      onTestFinished(() => store.close());
      return store;
    },
  });

  it("finds the whole cluster by one node, and keeps data and insights by prefixes", async () => {
    const url = `redis+cluster://${cluster.nodes[1]}`;
    const store = await openRedisStore({ url, prefix: "by-one" });
    onTestFinished(() => store.close());
    await store.commit(batchOf([recordOf("r1")]));
    await store.putDocuments([{ kind: "insight", key: "i", at: 1, value: {} }]);
    expect((await store.stats()).records).toBe(1);
    expect(await cluster.ownerOf("{by-one:10}:records")).toMatch(/127/);
    expect((await store.documents("insight")).items).toHaveLength(1);
  });

  it("goes on where the slots of its keys are moved to another node", async () => {
    const prefix = "moved";
    const store = await openRedisStore({ cluster: cluster.nodes, prefix });
    onTestFinished(() => store.close());
    await store.commit(batchOf([recordOf("r0")]));
    const owner = await cluster.ownerOf(`{${prefix}:10}:commits`);
    const other = cluster.nodes.find((node) => node !== owner) ?? "";
    let stored = 0;
    let isMoving = true;
    const moving = cluster.moveSlots(owner, other).finally(() => {
      isMoving = false;
    });
    while (isMoving || stored < 20) {
      const done = await store.commit(batchOf([recordOf(`m${stored}`)])).catch((error) => {
        expect(["unavailable", "outcome_unknown"]).toContain(error.code);
      });
      if (done) stored += 1;
    }
    await moving;
    expect(await cluster.ownerOf(`{${prefix}:10}:commits`)).toBe(other);
    expect((await store.stats()).records).toBe(stored + 1);
  }, 120_000);
});

it("understands addresses, and says what is wrong with one", () => {
  expect(parseAddress("redis://ann:pass@host:1/5")).toEqual({
    kind: "one",
    url: "redis://ann:pass@host:1",
  });
  expect(parseAddress("rediss+cluster://ann:p%40ss@host")).toEqual({
    kind: "cluster",
    cluster: {
      nodes: [{ host: "host", port: 6_379 }],
      ...{ username: "ann", password: "p@ss", isEncrypted: true },
    },
  });
  expect(parseAddress(undefined, ["one:1", "[::1]:2"])).toMatchObject({
    cluster: {
      nodes: [
        { host: "one", port: 1 },
        { host: "::1", port: 2 },
      ],
      isEncrypted: false,
    },
  });
  for (const bad of [["http://x"], [undefined], ["redis://h", ["a@b:1"]]] as const) {
    expect(() => parseAddress(...(bad as [string]))).toThrow(/REDIS_CLUSTER/);
  }
});
