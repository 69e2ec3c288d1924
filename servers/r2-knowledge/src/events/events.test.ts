import { manualClock, temporaryFolder } from "@trestle/testkit/surroundings";
import { expect, onTestFinished, test } from "vitest";
import { eachObject } from "../object-store/each-object.ts";
import { openFollower } from "./_feed.ts";

const error = (message: string) => ({ error: { message } });

async function openTwo() {
  const path = temporaryFolder("knowledge");
  const clock = manualClock(Date.UTC(2026, 5, 1));
  const [one, two] = await Promise.all([openFollower(path, clock), openFollower(path, clock)]);
  onTestFinished(async () => {
    await one.knowledge.close();
    await two.knowledge.close();
  });
  return { one, two, clock, path };
}

test("every change, whoever made it, has the same number for everybody", async () => {
  const { one, two, clock } = await openTwo();
  await one.knowledge.store(error("was there before anybody listened"));
  expect(await one.told()).toEqual(["1 events.began"]);
  const { id } = await one.knowledge.store(error("pool timed out"));
  clock.advance(10);
  await two.knowledge.update(id, { fix: "raise it", severity: "high" }, { version: 1, by: "ann" });
  clock.advance(10);
  await one.knowledge.recordOutcome(id, { worked: true });
  clock.advance(10);
  const audit = await two.knowledge.recordAudit({ errorType: "OOM", errorMessage: "heap" });
  clock.advance(10);
  await one.knowledge.delete(id);
  const told = [
    "1 events.began",
    `2 diagnosis.stored ${id}`,
    `3 diagnosis.updated ${id}`,
    `4 outcome.recorded ${id}`,
    `5 audit.recorded ${audit.id}`,
    `6 diagnosis.deleted ${id}`,
  ];
  expect(await two.told()).toEqual(told);
  expect(await one.told()).toEqual(told);
  expect(await one.told(4)).toEqual(told.slice(4));
  const [stored, updated, outcome] = await two.feed.read(1, 3);
  expect(stored).toMatchObject({ event: { payload: { version: 1, summary: "pool timed out" } } });
  expect(updated).toMatchObject({
    event: { payload: { version: 2, changed: ["fix", "severity"], by: "ann", fix: "raise it" } },
  });
  expect(outcome).toMatchObject({ event: { payload: { worked: true, severity: "high" } } });
});

test("many who number at once agree, and tell nothing twice", async () => {
  const { one, two } = await openTwo();
  await Promise.all([one.feed.pump(), two.feed.pump()]);
  const ids: string[] = [];
  for (let round = 0; round < 5; round += 1) {
    const stored = await Promise.all(
      [one, two].map(({ knowledge }, n) =>
        knowledge.store(error(`error ${"abcde"[round]} of ${n}`)),
      ),
    );
    ids.push(...stored.map(({ id }) => id));
    await Promise.all([one.feed.pump(), two.feed.pump(), one.feed.announce("sync.done", {})]);
  }
  const told = await one.told();
  expect(await two.told()).toEqual(told);
  expect(told.map((text) => Number(text.split(" ")[0]))).toEqual(told.map((_, at) => at + 1));
  const stored = told.filter((text) => text.includes("diagnosis.stored"));
  expect(stored.map((text) => text.split(" ")[2]).toSorted()).toEqual(ids.toSorted());
  expect(told.filter((text) => text.includes("sync.done"))).toHaveLength(5);
});

test("versions of one record are told in their order, whatever the clocks say", async () => {
  const { one, two, clock } = await openTwo();
  await one.feed.pump();
  const { id } = await one.knowledge.store(error("clock"));
  clock.set(clock.now() - 3_600_000);
  await two.knowledge.update(id, { fix: "set it" }, { version: 1 });
  expect((await one.told()).slice(1)).toEqual([
    `2 diagnosis.stored ${id}`,
    `3 diagnosis.updated ${id}`,
  ]);
});

test("what is compacted while nobody follows is told by whoever compacts it", async () => {
  const { one, two, clock } = await openTwo();
  await one.feed.pump();
  const ids: string[] = [];
  for (let round = 0; round < 4; round += 1) {
    ids.push((await two.knowledge.store(error(`number ${"abcd"[round]}`))).id);
    await two.knowledge.index.compact();
    clock.advance(20 * 60_000);
  }
  const told = await one.told();
  expect(told.filter((text) => text.includes("stored")).map((text) => text.split(" ")[2])).toEqual(
    ids,
  );
  expect(told.join()).not.toContain("events.gap");
});

test("changes that were compacted away unseen are told as a gap, and damage keeps nothing waiting", async () => {
  const { one, clock, path } = await openTwo();
  await one.feed.pump();
  // One that never heard of events, as an older program.
  const { openKnowledge } = await import("../knowledge/open-knowledge.ts");
  const old = openKnowledge({ store: one.store, clock, refreshMs: 0, autoCompact: false });
  for (let round = 0; round < 3; round += 1) {
    await old.store(error(`unseen ${"abc"[round]}`));
    await old.index.compact();
    clock.advance(20 * 60_000);
  }
  expect((await one.told()).join()).toContain("events.gap");
  const before = await one.told();
  await old.store(error("damaged"));
  for await (const { key } of eachObject(one.store, "mcp/indexes/diagnoses/seg/"))
    await one.store.put(key, new TextEncoder().encode("no segment"));
  const another = await openFollower(path, clock);
  const { id } = await another.knowledge.store(error("after it"));
  const after = (await one.told()).slice(before.length);
  expect(after.join()).toContain("events.gap");
  expect(after.join()).toContain(id);
  await another.knowledge.close();
});

test("old events go, and who comes back too late hears what is missing", async () => {
  const { one, two, clock } = await openTwo();
  await one.feed.pump();
  for (let day = 0; day < 12; day += 1) {
    await one.knowledge.store(error(`on day ${"abcdefghijkl"[day]}`));
    await one.feed.pump();
    clock.advance(24 * 3_600_000);
  }
  const told = await two.told();
  expect(told[0]).toMatch(/^gap 1-\d+$/);
  expect(told.length).toBeLessThan(11);
  expect(await two.told(10)).toEqual(told.slice(-3));
  // One that slept all the time takes no old number for a free one.
  await one.feed.announce("sync.done", {});
  expect((await two.told(13)).join()).toBe("14 sync.done");
});

test("a listener resumes at its number, and one with a foreign number hears that", async () => {
  const { one, two } = await openTwo();
  await one.feed.pump();
  await one.knowledge.store(error("first"));
  await one.feed.pump();
  const heard: unknown[] = [];
  await two.feed.open();
  const stop = two.feed.hub.subscribe({ topics: ["diagnosis.*"], since: 99 }, (message) => {
    heard.push(message.kind === "gap" ? message.gap : message.event.topic);
  });
  await one.knowledge.store(error("second"));
  await two.feed.pump();
  await expect
    .poll(() => heard, { timeout: 20_000 })
    .toEqual([{ from: 0, to: 0 }, "diagnosis.stored", "diagnosis.stored"]);
  stop();
  await one.knowledge.store(error("third"));
  await two.feed.pump();
  expect(heard).toHaveLength(3);
});

test("where somebody deleted all events, they begin anew, and those who follow hear it", async () => {
  const { one, two } = await openTwo();
  await one.feed.pump();
  for (const word of ["first", "second"]) await one.knowledge.store(error(word));
  await two.feed.pump();
  const heard: unknown[] = [];
  two.feed.hub.subscribe({ topics: ["*"] }, (message) => {
    heard.push(message.kind === "gap" ? message.gap : message.event.topic);
  });
  const keys: string[] = [];
  for await (const { key } of eachObject(one.store, "mcp/events/")) keys.push(key);
  await one.store.delete(keys);
  await one.knowledge.store(error("third"));
  await one.feed.pump();
  await one.knowledge.store(error("fourth"));
  await two.feed.pump();
  const all = [{ from: 0, to: 0 }, "events.began", "diagnosis.stored"];
  await expect.poll(() => heard, { timeout: 20_000 }).toEqual(all);
  expect(await one.told()).toEqual(await two.told());
});

test("a damaged batch is told in words that say what heals it", async () => {
  const { one, path, clock } = await openTwo();
  await one.feed.pump();
  for await (const { key } of eachObject(one.store, "mcp/events/"))
    await one.store.put(key, new TextEncoder().encode("no batch"));
  const another = await openFollower(path, clock);
  await expect(another.feed.pump()).rejects.toThrow("delete all below mcp/events/");
  await another.knowledge.close();
});
