import { systemClock } from "@trestle/protocol";
import { manualClock } from "@trestle/testkit/surroundings";
import { describe, expect, test } from "vitest";
import { bytes, text } from "../_object-store-parts.ts";
import { type FaultyBucket, faultyBucket } from "./_faulty-bucket.ts";

const ABSENT = { when: "absent" } as const;
/** A bucket whose next look at an object waits until it is told to go on. */
async function bucketThatHolds(): Promise<FaultyBucket & { goOn(): void; isHeld(): boolean }> {
  const clock = manualClock(systemClock.now());
  const bucket = await faultyBucket({ clock });
  bucket.server.inject({ operations: ["HeadObject"], fault: { kind: "slow", ms: 1 }, times: 1 });
  return { ...bucket, goOn: () => clock.advance(1), isHeld: () => clock.armed() > 0 };
}

const LOST = { operations: ["PutObject"], fault: { kind: "lose_response" }, times: 1 } as const;

describe("a create whose answer got lost", () => {
  test("is a success where it was done, and is sent once only", async () => {
    const { server, open } = await faultyBucket();
    server.inject(LOST);
    const store = open();
    const { etag } = await store.put("key", bytes("mine"), ABSENT);
    expect(await store.get("key")).toMatchObject({ etag, metadata: undefined });
    expect(server.requests.map(({ operation }) => operation)).toEqual([
      "PutObject",
      "HeadObject",
      "GetObject",
    ]);
  });

  test("is a success also where the limit of writes is all that the next attempt would see", async () => {
    const { server, open } = await faultyBucket({ writesPerSecondAndKey: 1 });
    server.inject({ ...LOST, times: 3 });
    await open().put("key", bytes("mine"), ABSENT);
    expect(server.requests.filter(({ operation }) => operation === "PutObject")).toHaveLength(1);
  });

  test("is sent again where it was not done", async () => {
    const { server, open } = await faultyBucket();
    server.inject({ ...LOST, fault: { kind: "lose_request" }, times: 2 });
    const store = open();
    await store.put("key", bytes("mine"), ABSENT);
    expect(text((await store.get("key"))?.body)).toBe("mine");
  });

  test("is a success where it is done only after it was read back", async () => {
    const serverClock = manualClock(systemClock.now());
    const { server, open } = await faultyBucket({ clock: serverClock });
    server.inject({ ...LOST, fault: { kind: "late", ms: 40 } });
    // It comes to pass while the store waits for its next attempt.
    const after = (_: number, work: () => void) => {
      expect(server.keys()).toEqual([]);
      serverClock.advance(40);
      return systemClock.after(0, work);
    };
    const store = open({ clock: { now: systemClock.now, after } });
    const { etag } = await store.put("key", bytes("mine"), ABSENT);
    expect(await store.head("key")).toMatchObject({ etag });
    const puts = server.requests.filter(({ operation }) => operation === "PutObject");
    expect(puts.map(({ status }) => status)).toEqual([0, 412]);
  });

  test("is refused where another writer was there first", async () => {
    const { server, open } = await faultyBucket();
    await open().put("key", bytes("theirs"), ABSENT);
    server.inject(LOST);
    const store = open();
    await expect(store.put("key", bytes("mine"), ABSENT)).rejects.toMatchObject({
      code: "precondition_failed",
    });
    expect(text((await store.get("key"))?.body)).toBe("theirs");
  });

  test("is refused where something else wrote the key long before", async () => {
    let ahead = -60_000;
    const clock = { ...systemClock, now: () => systemClock.now() + ahead };
    const { server, open } = await faultyBucket({ clock });
    await open().put("key", bytes("a plain put, of which nothing follows"));
    ahead = 0;
    server.inject(LOST);
    await expect(open().put("key", bytes("mine"), ABSENT)).rejects.toMatchObject({
      code: "precondition_failed",
    });
  });

  test("is not guessed at where something wrote over the key meanwhile", async () => {
    const { server, open, goOn, isHeld } = await bucketThatHolds();
    server.inject(LOST);
    const other = open();
    const put = open().put("key", bytes("mine"), ABSENT);
    await expect.poll(isHeld).toBe(true);
    await other.put("key", bytes("over it"));
    goOn();
    await expect(put).rejects.toMatchObject({
      code: "outcome_unknown",
      message: expect.stringMatching(/"key".*Read it before you write it again/),
    });
  });

  test("is a success where somebody went on from what it wrote", async () => {
    const { server, open, goOn, isHeld } = await bucketThatHolds();
    server.inject(LOST);
    const other = open();
    const put = open().put("key", bytes("mine"), ABSENT);
    await expect.poll(isHeld).toBe(true);
    const read = await other.get("key");
    await other.put("key", bytes("mine, and more"), { when: { etag: read?.etag ?? "" } });
    goOn();
    expect(await put).toEqual({ etag: read?.etag });
  });
});

describe("a swap whose answer got lost", () => {
  test("is a success where it was done", async () => {
    const { server, open } = await faultyBucket();
    const store = open();
    const first = await store.put("key", bytes("1"));
    server.inject(LOST);
    const { etag } = await store.put("key", bytes("2"), { when: first });
    expect(await store.head("key")).toMatchObject({ etag });
  });

  test("is refused where another swap of the same version came first", async () => {
    const { server, open } = await faultyBucket();
    const store = open();
    const first = await store.put("key", bytes("1"));
    await open().put("key", bytes("theirs"), { when: first });
    server.inject(LOST);
    await expect(store.put("key", bytes("mine"), { when: first })).rejects.toMatchObject({
      code: "precondition_failed",
    });
  });

  test("is not guessed at where the key is free afterwards", async () => {
    const { server, open, goOn, isHeld } = await bucketThatHolds();
    const store = open();
    const first = await store.put("key", bytes("1"));
    server.inject(LOST);
    const put = store.put("key", bytes("mine"), { when: first });
    await expect.poll(isHeld).toBe(true);
    await open().delete("key");
    goOn();
    await expect(put).rejects.toMatchObject({ code: "outcome_unknown" });
  });
});

describe("a plain put whose answer got lost", () => {
  test("is sent again until it is there", async () => {
    const { server, open } = await faultyBucket();
    server.inject({ ...LOST, fault: { kind: "lose_request" }, times: 4 });
    const store = open();
    const { etag } = await store.put("key", bytes("mine"));
    expect(await store.head("key")).toMatchObject({ etag });
  });

  test("of which nothing is heard at all has an unknown outcome", async () => {
    const { server, open } = await faultyBucket();
    server.inject({ fault: { kind: "lose_request" } });
    await expect(open().put("key", bytes("mine"))).rejects.toMatchObject({
      code: "outcome_unknown",
    });
  });

  test("of a server that answers nothing is given up after a while", async () => {
    const { server, open } = await faultyBucket();
    server.inject({ fault: { kind: "hang" } });
    const store = open({ silenceMs: 60, attempts: 2 });
    await expect(store.put("key", bytes("mine"))).rejects.toMatchObject({
      code: "outcome_unknown",
    });
    await expect(store.get("key")).rejects.toMatchObject({ code: "unavailable" });
  });

  test("that a server failed at, and that is not there, did not happen", async () => {
    const { server, open } = await faultyBucket();
    server.inject({ operations: ["PutObject"], fault: { kind: "status", status: 500 } });
    await expect(open().put("key", bytes("mine"))).rejects.toMatchObject({ code: "unavailable" });
    expect(server.keys()).toEqual([]);
  });
});
