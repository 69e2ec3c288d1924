import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { until } from "@trestle/testkit/surroundings";
import { startTcpProxy, type TcpProxy } from "@trestle/testkit/tcp-proxy";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { createObjectsClient, type ObjectsClient } from "../src/client/client.ts";
import { runtimeClock } from "../src/client/clock.ts";
import type { ObjectRef } from "../src/protocol.ts";
import { fence, handBack, takeOver } from "../src/replication/handing-over.ts";
import { createHostPeer, type HostPeer } from "../src/replication/host-peer.ts";
import { openLocalReplicaStore } from "../src/replication/open-replica-store.ts";
import type { ReplicaStore } from "../src/replication/replica-store.ts";
import { resolveConflict } from "../src/replication/resolve-conflict.ts";
import { followObject } from "../src/replication/write-behind.ts";
import { SECRET, startLocalHost } from "./_local-host.ts";
import { createWatchRecord } from "./_watch-record.ts";
import { type HostUnderTest, startWorkerHost, workerdFolder } from "./_worker-host.ts";

const QUICK = {
  backoff: { baseMs: 20, mostMs: 200 },
  breaker: { failures: 5, openMs: 100 },
};

/** A worker on the network and a host at home, both real, and copies between them. */
describe.skipIf(workerdFolder === undefined)("an object between two hosts", () => {
  const folder = mkdtempSync(join(tmpdir(), "trestle-handing-"));
  let local: Awaited<ReturnType<typeof startLocalHost>>;
  let worker: HostUnderTest;
  /** The way from the copies to the worker; its own clients do not need it. */
  let way: TcpProxy;
  let store: ReplicaStore;
  let home: ObjectsClient;
  let edge: ObjectsClient;
  let peers: { readonly home: HostPeer; readonly edge: HostPeer };
  let ref: ObjectRef;
  let objects = 0;
  const parts = () => ({ store, now: Date.now });
  const valueAt = async (client: ObjectsClient) =>
    ((await client.object(ref.class, ref.id).get()).state as { value: number }).value;
  const increment = async (client: ObjectsClient, key?: string) =>
    await client.object(ref.class, ref.id).call("increment", {}, key ? { key } : {});

  beforeAll(async () => {
    local = await startLocalHost();
    worker = await startWorkerHost({ OBJECTS_TOKEN_SECRET: SECRET });
    way = await startTcpProxy(Number(new URL(worker.url).port));
    store = openLocalReplicaStore(folder);
    const { token } = local;
    home = createObjectsClient({ url: local.url, token, ...QUICK });
    edge = createObjectsClient({ url: worker.url, token, ...QUICK });
    const peer = (name: string, url: string) =>
      createHostPeer({ name, host: { url, token, fetch }, clock: runtimeClock });
    peers = {
      home: peer("home", local.url),
      edge: peer("edge", `http://127.0.0.1:${way.port}`),
    };
  });
  afterAll(async () => {
    home.close();
    edge.close();
    await store.close();
    await way.close();
    await local.close();
    await worker.close();
    rmSync(folder, { recursive: true, force: true });
  });
  beforeEach(async () => {
    objects += 1;
    ref = { class: "counter", id: `between-${objects}` };
    await edge.object(ref.class, ref.id).initialize();
  });

  /** The copies follow the worker up to here. */
  async function followed(count: number): Promise<() => void> {
    const saved: number[] = [];
    const stop = followObject(
      {
        ...{ client: edge, peer: peers.edge, store, clock: runtimeClock, random: Math.random },
        behindMs: 10,
        onSaved: (_, seq) => saved.push(seq),
        onFenced: () => saved.push(-1),
      },
      ref,
    );
    for (let call = 0; call < count; call += 1) await increment(edge, `call-${call}`);
    await until("the last copy is stored", () => saved.at(-1) === count + 1);
    return stop;
  }

  test("is taken over while its host is away, and handed back to it", async () => {
    const stop = await followed(5);
    const watcher = createWatchRecord();
    edge.object(ref.class, ref.id).watch(watcher.take, { state: true });
    await until("the watcher knows it", () => watcher.seq === 6);
    await worker.kill();

    await takeOver(parts(), ref, peers.home);
    expect(await valueAt(home)).toBe(5);
    // What was answered there is not done again here.
    expect(await increment(home, "call-4")).toMatchObject({ repeated: true, result: { value: 5 } });
    await increment(home);
    await increment(home);

    await worker.startAgain();
    await handBack(parts(), ref, { from: peers.home, to: peers.edge });
    stop();
    expect(await valueAt(edge)).toBe(7);
    await increment(edge);
    await until(
      "the watcher has the last state",
      () => watcher.faults.length > 0 || (watcher.state as { value: number }).value === 8,
    );
    expect(watcher.faults).toEqual([]);
    expect(await store.conflicts()).toEqual([]);
    await expect(peers.home.copy(ref)).resolves.toMatchObject({ alive: true });
    const away = await fetch(`${local.url}/v1/objects/counter/${ref.id}`, {
      headers: { authorization: `Bearer ${local.token}` },
    });
    expect(away.status).toBe(503);
    expect(await away.json()).toMatchObject({ error: { details: { owner: "edge" } } });
  });

  test("has both versions kept and listed where both hosts went on", async () => {
    const stop = await followed(3);
    way.weather("refusing");
    way.cut();
    // The worker is there for its clients, though not for whoever keeps the copies.
    await takeOver(parts(), ref, peers.home);
    await increment(edge);
    await increment(edge);
    await increment(home);

    way.weather("fine");
    await fence(parts(), ref, peers.edge);
    stop();
    const [conflict] = await store.conflicts();
    expect(conflict).toMatchObject({
      name: `counter/${ref.id}/6`,
      ruling: { owner: "home" },
      other: { owner: "edge", copy: { seq: 6 } },
    });
    await expect(
      edge.object(ref.class, ref.id).call("increment", {}, { timeoutMs: 500 }),
    ).rejects.toMatchObject({ code: "unavailable" });

    await handBack(parts(), ref, { from: peers.home, to: peers.edge });
    expect(await valueAt(edge)).toBe(4);
    // Handing back found nothing new.
    expect((await store.conflicts()).map(({ name }) => name)).toEqual([conflict?.name]);

    const name = conflict?.name ?? "";
    await resolveConflict(parts(), name, { keep: "other", owner: peers.edge });
    expect(await valueAt(edge)).toBe(5);
    expect(await store.conflicts()).toEqual([]);
    const kept = await store.conflict(name);
    expect(kept?.ruling.copy.items).toContainEqual(["value", "4"]);
    expect(kept?.other.copy.items).toContainEqual(["value", "5"]);
  });

  test("is finished being handed back after a host was away in the middle", async () => {
    const stop = await followed(2);
    stop();
    await takeOver(parts(), ref, peers.home);
    await increment(home);
    const failing: HostPeer = {
      ...peers.edge,
      accept: () => Promise.reject(new Error("The line is cut.")),
    };
    await expect(handBack(parts(), ref, { from: peers.home, to: failing })).rejects.toThrow("cut");
    await handBack(parts(), ref, { from: peers.home, to: peers.edge });
    expect(await valueAt(edge)).toBe(3);
    expect(await store.conflicts()).toEqual([]);
  });

  test("is no longer followed by who does not have it any more", async () => {
    let isFenced = false;
    let saved = 0;
    const stop = followObject(
      {
        ...{ client: edge, peer: peers.edge, store, clock: runtimeClock, random: Math.random },
        behindMs: 10,
        onSaved: (_, seq) => {
          saved = seq;
        },
        onFenced: () => {
          isFenced = true;
        },
      },
      ref,
    );
    await increment(edge);
    await until("it is stored", () => saved === 2);
    await takeOver(parts(), ref, peers.home);
    await increment(edge);
    await until("it is fenced off", () => isFenced);
    stop();
    expect((await store.get(ref))?.owner).toBe("home");
  });

  test("cannot be taken over where nothing of it was ever stored", async () => {
    await expect(takeOver(parts(), ref, peers.home)).rejects.toMatchObject({ code: "not_found" });
    await expect(home.object(ref.class, ref.id).get()).rejects.toMatchObject({ code: "not_found" });
  });
});
