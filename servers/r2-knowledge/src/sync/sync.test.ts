import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { seededRandom } from "@trestle/testkit/surroundings";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { dump } from "../backup/_backup-world.ts";
import { bytes, text } from "../object-store/_object-store-parts.ts";
import { openFolderStore } from "../object-store/folder/open-folder-store.ts";
import type { ObjectStore } from "../object-store/object-store.ts";
import type { SyncRules } from "./plan-sync.ts";
import { runSync, type SyncOptions } from "./run-sync.ts";

const random = seededRandom();
const STATE = "sync-state/pair";

let folder: string;
let here: ObjectStore;
let there: ObjectStore;
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), "trestle-sync-"));
  here = await openFolderStore({ path: join(folder, "here") });
  there = await openFolderStore({ path: join(folder, "there") });
});
afterEach(async () => {
  await here.close();
  await there.close();
  rmSync(folder, { recursive: true, force: true });
});

const mirror: SyncRules = { direction: "one-way", deletes: true, conflicts: "source" };
const both: SyncRules = { direction: "both", deletes: true, conflicts: "newer" };

const sync = (rules: SyncRules, more: Partial<SyncOptions> = {}) =>
  runSync({
    source: { store: here, prefix: "mcp/" },
    target: { store: there, prefix: "team/mcp/" },
    state: { store: here, key: STATE },
    rules,
    ...more,
  });

const put = (side: ObjectStore, key: string, body: string) =>
  side.put(side === here ? `mcp/${key}` : `team/mcp/${key}`, bytes(body));
const drop = (side: ObjectStore, key: string) =>
  side.delete(side === here ? `mcp/${key}` : `team/mcp/${key}`);
const read = async (side: ObjectStore, key: string) =>
  text((await side.get(side === here ? `mcp/${key}` : `team/mcp/${key}`))?.body);
const isEqual = async () =>
  expect(await dump(there, "team/mcp/")).toEqual(await dump(here, "mcp/"));

describe("one way", () => {
  test("the target follows: new, changed and deleted objects, and what it lost or changed itself", async () => {
    for (const key of ["a", "b", "c", "d"]) await put(here, key, "1");
    expect(await sync(mirror)).toMatchObject({ copied: { toTarget: 4, toSource: 0 } });
    await isEqual();
    await put(here, "a", "2");
    await drop(here, "b");
    await drop(there, "c");
    await put(there, "d", "changed there");
    expect(await sync(mirror)).toMatchObject({
      copied: { toTarget: 3 },
      deleted: { inTarget: 1, inSource: 0 },
    });
    await isEqual();
    expect((await sync(mirror)).steps).toEqual([]);
  });

  test("the target's own objects stay, and its changes too where the source does not always win", async () => {
    await put(here, "a", "1");
    await put(there, "own", "theirs");
    const rules: SyncRules = { ...mirror, conflicts: "report" };
    await sync(rules);
    await put(there, "a", "changed there");
    expect((await sync(rules)).steps).toEqual([]);
    await put(here, "a", "changed here");
    expect((await sync(rules)).conflicts).toMatchObject([{ key: "a" }]);
    expect(await read(there, "a")).toBe("changed there");
    expect(await read(there, "own")).toBe("theirs");
  });

  test("without deletes nothing goes", async () => {
    await put(here, "a", "1");
    await sync({ ...mirror, deletes: false });
    await drop(here, "a");
    await sync({ ...mirror, deletes: false });
    expect(await read(there, "a")).toBe("1");
  });

  test("what both had is compared, not copied; types and metadata travel", async () => {
    await put(here, "same", "1");
    await put(there, "same", "1");
    const facts = { contentType: "text/plain", metadata: { by: "Zoë" } };
    await here.put("mcp/typed", bytes("x"), facts);
    expect(await sync(mirror)).toMatchObject({ equal: 1, copied: { toTarget: 1 } });
    expect(await there.get("team/mcp/typed")).toMatchObject(facts);
  });

  test("a dry run changes nothing and says what would be", async () => {
    await put(here, "a", "1");
    const { steps } = await sync(mirror, { dryRun: true });
    expect(steps).toEqual([{ action: "copy", key: "a", from: "source" }]);
    expect(await dump(there)).toEqual(new Map());
    expect(await here.head(STATE)).toBeUndefined();
  });

  test("keys that are left out are left alone on both sides", async () => {
    await put(here, "indexes/1", "1");
    await put(there, "indexes/2", "2");
    const without = (key: string) => key.startsWith("indexes/");
    expect((await sync(mirror, { without })).steps).toEqual([]);
  });
});

describe("both ways", () => {
  test("each side gets the other's news", async () => {
    await put(here, "a", "1");
    await put(there, "b", "1");
    await sync(both);
    await isEqual();
    await drop(here, "b");
    await put(there, "a", "2");
    expect(await sync(both)).toMatchObject({
      copied: { toSource: 1, toTarget: 0 },
      deleted: { inTarget: 1 },
    });
    await isEqual();
    expect(await read(here, "a")).toBe("2");
  });

  test.each([
    ["source", "here", "here"],
    ["target", "there", "there"],
    ["newer", "there", "there"],
    ["keep-both", "there", "there"],
    ["report", "here", "there"],
  ] as const)("changed on both sides, rule %s", async (conflicts, inHere, inThere) => {
    await put(here, "a", "1");
    await sync({ ...both, conflicts });
    await put(here, "a", "here");
    // Times of files are compared; the later one must not be in the same tick.
    await untilLater(here);
    await put(there, "a", "there");
    const result = await sync({ ...both, conflicts });
    expect(await read(here, "a")).toBe(inHere);
    expect(await read(there, "a")).toBe(inThere);
    expect(result.conflicts).toHaveLength(conflicts === "report" ? 1 : 0);
    if (conflicts === "keep-both") {
      const beside = [...(await dump(here, "mcp/")).keys()].filter((key) => key !== "a");
      expect(beside).toEqual([expect.stringMatching(/^a\.conflict-/)]);
      expect(await read(here, beside[0] ?? "")).toBe("here");
      await isEqual();
      expect((await sync({ ...both, conflicts })).steps).toEqual([]);
    }
  });

  test("a change outlives a deletion, unless the side that deleted always wins", async () => {
    for (const key of ["a", "b"]) await put(here, key, "1");
    await sync(both);
    for (const key of ["a", "b"]) {
      await drop(here, key);
      await put(there, key, "changed");
    }
    expect((await sync({ ...both, conflicts: "report" })).conflicts).toHaveLength(2);
    await sync(both);
    expect(await read(here, "a")).toBe("changed");
    await drop(here, "a");
    await put(there, "a", "changed again");
    await sync({ ...both, conflicts: "source" });
    expect(await read(there, "a")).toBeUndefined();
  });

  test("the same change on both sides is no conflict", async () => {
    await put(here, "a", "1");
    await sync(both);
    await put(here, "a", "2");
    await put(there, "a", "2");
    expect(await sync({ ...both, conflicts: "report" })).toMatchObject({ equal: 1, conflicts: [] });
    expect((await sync(both)).steps).toEqual([]);
  });
});

describe("whatever happens meanwhile", () => {
  test("random changes on both sides, stops at any point: the places end equal and no news is lost", async () => {
    const rules: SyncRules = { ...both, conflicts: "keep-both" };
    let n = 0;
    for (let round = 0; round < random.rounds(6); round += 1) {
      const news = new Set<string>();
      for (let change = 0; change < 12; change += 1) {
        const side = random.below(2) === 0 ? here : there;
        const key = `k${random.below(8)}`;
        if (random.below(5) === 0) {
          const gone = await read(side, key);
          await drop(side, key);
          if (gone !== undefined) news.delete(gone);
          continue;
        }
        const old = await read(side, key);
        if (old !== undefined) news.delete(old);
        n += 1;
        await put(side, key, `version ${n}`);
        news.add(`version ${n}`);
      }
      const stop = AbortSignal.abort(new Error("stopped"));
      let left = random.below(12);
      const signals = {
        onProgress: () => {
          left -= 1;
          if (left === 0) throw stop.reason;
        },
      };
      await sync(rules, signals).catch((error: Error) => expect(error.message).toBe("stopped"));
      await sync(rules);
      expect((await sync(rules)).steps).toEqual([]);
      await isEqual();
      const kept = await allTexts(here);
      for (const version of news) expect(kept).toContain(version);
    }
  }, 600_000);

  test("two syncs of the same pair: one is told, nothing is lost", async () => {
    for (let key = 0; key < 30; key += 1) await put(here, `k${key}`, "1");
    const results = await Promise.allSettled([sync(mirror), sync(mirror)]);
    for (const result of results) {
      if (result.status === "rejected") expect(result.reason.message).toMatch(/Another sync/);
    }
    expect(results.some(({ status }) => status === "fulfilled")).toBe(true);
    await sync(mirror);
    await isEqual();
  });

  test("a state that cannot be read says what to do, and without it nothing is copied twice", async () => {
    await put(here, "a", "1");
    await sync(both);
    await here.put(STATE, bytes("garbage"));
    await expect(sync(both)).rejects.toThrow(/sync-state\/pair cannot be read. Delete it/);
    await here.delete(STATE);
    expect(await sync(both)).toMatchObject({ equal: 1, bytes: 0 });
  });
});

async function allTexts(store: ObjectStore): Promise<string[]> {
  const keys = [...(await dump(store, "mcp/")).keys()];
  return Promise.all(keys.map(async (key) => (await read(store, key)) ?? ""));
}

/** A write made now has a later time than those so far. */
async function untilLater(store: ObjectStore): Promise<void> {
  await store.put("clock", bytes("0"));
  const before = (await store.head("clock"))?.modified ?? 0;
  for (let now = before; now <= before; now = (await store.head("clock"))?.modified ?? 0) {
    await store.put("clock", bytes("1"));
  }
}
