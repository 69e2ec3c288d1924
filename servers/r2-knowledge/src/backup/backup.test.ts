import { Buffer } from "node:buffer";
import { seededRandom } from "@trestle/testkit/surroundings";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { bytes, eachOf } from "../object-store/_object-store-parts.ts";
import { createBackupWorld, dump } from "./_backup-world.ts";
import { createBackup } from "./create-backup.ts";
import { PIECE_BYTES } from "./layout.ts";
import { lockRepository } from "./locks.ts";
import { chooseKept, pruneBackups } from "./prune.ts";
import { findSnapshot, listKeys, listSnapshots } from "./repository.ts";
import { applyRestore, planRestore } from "./restore.ts";
import { verifyBackup } from "./verify-backup.ts";

const HOUR = 3_600_000;
const random = seededRandom();

let world: Awaited<ReturnType<typeof createBackupWorld>>;
beforeEach(async () => {
  world = await createBackupWorld();
});
// Tens of thousands of files in a long run.
afterEach(() => world.remove(), 600_000);

const backup = () => createBackup(world.source, world.repository, world.parts);

async function restoreTo(name: string, at?: number) {
  const target = await world.open(name);
  const snapshot = await findSnapshot(world.repository, at);
  const plan = await planRestore(world.repository, snapshot, target);
  const result = await applyRestore(world.repository, target, plan);
  return { target, plan, result };
}

describe("a backup", () => {
  test("of nothing changed reads and writes nothing", async () => {
    for (let n = 0; n < 20; n += 1) await world.source.put(`a/${n}`, bytes(`record ${n}`));
    const first = await backup();
    expect(first).toMatchObject({ objects: 20, unchanged: 0 });
    world.time.now += HOUR;
    expect(await backup()).toMatchObject({ objects: 20, unchanged: 20, written: 0 });
    const trees = (await listSnapshots(world.repository)).map((one) => one.trees);
    expect(trees[1]).toEqual(trees[0]);
  });

  test("keeps equal bytes once, and what returns is not written again", async () => {
    const body = random.bytes(50_000);
    await world.source.put("a/1", body);
    await world.source.put("a/2", body);
    const { written } = await backup();
    expect(written).toBeLessThan(60_000);
    await world.source.put("a/1", bytes("for a while"));
    await backup();
    await world.source.put("a/1", body);
    expect((await backup()).written).toBe(0);
  });

  test("leaves out what it is told to, and keeps only the prefixes it is given", async () => {
    for (const key of ["in/1", "in/index/1", "out/1"]) await world.source.put(key, bytes(key));
    const without = (key: string) => key.startsWith("in/index/");
    const options = { prefixes: ["in/"], without };
    await createBackup(world.source, world.repository, world.parts, options);
    const { target } = await restoreTo("restored");
    expect([...(await dump(target)).keys()]).toEqual(["in/1"]);
  });

  test("holds objects larger than a piece, empty ones, types and metadata", async () => {
    const large = random.bytes(PIECE_BYTES + 77);
    const facts = { contentType: "text/plain", metadata: { by: "Zoë" } };
    await world.source.put("large", large, facts);
    await world.source.put("empty", new Uint8Array());
    await backup();
    const { target } = await restoreTo("restored");
    const found = await target.get("large");
    expect(found).toMatchObject(facts);
    expect(Buffer.from(found?.body ?? []).equals(large)).toBe(true);
    expect(await target.head("empty")).toMatchObject({ size: 0 });
  });

  test("reads again what was in a pack that is gone", async () => {
    await world.source.put("a", bytes("kept well"));
    await backup();
    const packs = await listKeys(world.kept, world.repository.keys.packs);
    await world.kept.delete(packs.map(({ key }) => key));
    expect((await verifyBackup(world.repository)).findings).toMatchObject([
      { problem: "missing", objects: ["a"] },
    ]);
    expect(await backup()).toMatchObject({ unchanged: 0 });
    expect((await verifyBackup(world.repository)).findings).toEqual([]);
  });
});

describe("a restore", () => {
  test("of a day's backups brings back each point in time, byte for byte", async () => {
    const records = random.rounds(1) * 200;
    const put = (n: number) =>
      world.source.put(`mcp/diagnoses/${n}.json`, random.bytes(200 + random.below(900)));
    await eachOf([...Array(records).keys()], put);
    const points: { readonly at: number; readonly state: Map<string, string> }[] = [];
    for (let point = 0; point < 3; point += 1) {
      await backup();
      points.push({ at: world.time.now, state: await dump(world.source) });
      world.time.now += 8 * HOUR;
      await eachOf([...Array(records / 10).keys()], async () => {
        const n = random.below(records * 1.1);
        if (random.below(4) === 0) await world.source.delete(`mcp/diagnoses/${n}.json`);
        else await put(n);
      });
    }
    expect((await verifyBackup(world.repository)).findings).toEqual([]);
    for (const [index, { at, state }] of points.entries()) {
      const { target } = await restoreTo(`point-${index}`, at + HOUR);
      expect(await dump(target)).toEqual(state);
    }
    // And over what is there now, exactly.
    const [first] = points;
    const snapshot = await findSnapshot(world.repository, first?.at);
    const options = { exact: true };
    const plan = await planRestore(world.repository, snapshot, world.source, options);
    const before = await dump(world.source);
    expect(plan.steps.length).toBeGreaterThan(0);
    expect(await dump(world.source)).toEqual(before);
    await applyRestore(world.repository, world.source, plan);
    expect(await dump(world.source)).toEqual(first?.state);
    expect((await planRestore(world.repository, snapshot, world.source, options)).steps).toEqual(
      [],
    );
  }, 600_000);

  test("goes beside what is there, where another prefix is named", async () => {
    await world.source.put("mcp/a", bytes("then"));
    await world.source.put("other/b", bytes("not this"));
    await backup();
    await world.source.put("mcp/a", bytes("now"));
    const snapshot = await findSnapshot(world.repository);
    const options = { prefix: "mcp/", into: "restored/mcp/" };
    const plan = await planRestore(world.repository, snapshot, world.source, options);
    const result = await applyRestore(world.repository, world.source, plan);
    expect(result).toMatchObject({ created: 1, replaced: 0, deleted: 0, conflicts: [] });
    const keys = [...(await dump(world.source)).keys()];
    expect(keys).toEqual(["mcp/a", "other/b", "restored/mcp/a"]);
  });

  test("leaves what was written since its plan", async () => {
    for (const key of ["a", "b", "c"]) await world.source.put(key, bytes("then"));
    await backup();
    for (const key of ["a", "extra"]) await world.source.put(key, bytes("planned on"));
    await world.source.delete("c");
    const snapshot = await findSnapshot(world.repository);
    const plan = await planRestore(world.repository, snapshot, world.source, { exact: true });
    for (const key of ["a", "c", "extra"]) await world.source.put(key, bytes("somebody's"));
    const result = await applyRestore(world.repository, world.source, plan);
    expect(result).toMatchObject({ conflicts: ["a", "c", "extra"], created: 0, replaced: 0 });
  });

  test("to a time before all backups names the oldest", async () => {
    await expect(findSnapshot(world.repository)).rejects.toThrow(/There is no backup yet/);
    await backup();
    await expect(findSnapshot(world.repository, world.time.now - 1)).rejects.toThrow(
      /The oldest one is of 2026-03-02T08:00:00.000Z/,
    );
  });
});

describe("verify", () => {
  test("finds a flipped bit wherever it is, and names what it costs", async () => {
    for (let n = 0; n < 40; n += 1) await world.source.put(`r/${n}`, random.bytes(300));
    await backup();
    await world.source.put("r/new", random.bytes(300));
    world.time.now += HOUR;
    await backup();
    const objects = await listKeys(world.kept, world.repository.prefix);
    for (let round = 0; round < random.rounds(40); round += 1) {
      const { key } = objects[random.below(objects.length)] ?? { key: "" };
      const body = Buffer.from((await world.kept.get(key))?.body ?? []);
      const harmed = Buffer.from(body);
      const at = random.below(harmed.length);
      harmed.writeUInt8((harmed[at] ?? 0) ^ (1 << random.below(8)), at);
      await world.kept.put(key, harmed);
      const { findings } = await verifyBackup(world.repository);
      expect(findings).toMatchObject([{ problem: "damaged", key }]);
      if (key.includes("/packs/")) expect(findings[0]?.objects.length).toBeGreaterThan(0);
      await world.kept.put(key, body);
    }
    expect((await verifyBackup(world.repository)).findings).toEqual([]);
  }, 600_000);

  test("a restore gives no changed bytes", async () => {
    await world.source.put("r", random.bytes(300));
    await backup();
    const [pack] = await listKeys(world.kept, world.repository.keys.packs);
    const body = Buffer.from((await world.kept.get(pack?.key ?? ""))?.body ?? []);
    body.writeUInt8((body[100] ?? 0) ^ 4, 100);
    await world.kept.put(pack?.key ?? "", body);
    await expect(restoreTo("restored")).rejects.toThrow(/r cannot be restored.*Verify the backup/);
    expect(await dump(await world.open("restored"))).toEqual(new Map());
  });

  test("tells a missing tree and what nobody uses", async () => {
    await world.source.put("a", bytes("1"));
    const { snapshot } = await backup();
    await world.kept.delete(`${world.repository.keys.trees}${snapshot.trees[0]}`);
    const { findings, unused } = await verifyBackup(world.repository);
    expect(findings).toMatchObject([{ problem: "missing" }]);
    expect(unused).toBe(1);
  });
});

describe("prune", () => {
  test("keeps what the rules keep, whole, and takes away what only the others needed", async () => {
    const states: Map<string, string>[] = [];
    for (let day = 0; day < 5; day += 1) {
      await world.source.put("same", bytes("always"));
      await world.source.put("changing", random.bytes(2_000));
      await backup();
      states.push(await dump(world.source));
      world.time.now += 24 * HOUR;
    }
    const dry = await pruneBackups(world.repository, { last: 2 }, world.parts, { dryRun: true });
    expect(await listSnapshots(world.repository)).toHaveLength(5);
    const done = await pruneBackups(world.repository, { last: 2 }, world.parts);
    expect(done).toMatchObject({ objects: dry.objects, bytes: dry.bytes });
    expect(done.removed).toHaveLength(3);
    expect(done.objects).toBeGreaterThan(0);
    expect(await verifyBackup(world.repository)).toMatchObject({ findings: [], unused: 0 });
    for (const [index, { finished }] of done.kept.entries()) {
      const { target } = await restoreTo(`kept-${index}`, finished);
      expect(await dump(target)).toEqual(states[3 + index]);
    }
  });

  test("gives way to a backup at work, and a backup to a prune; a dead one's lock runs out", async () => {
    const held = await lockRepository(world.repository, "backup", {
      clock: world.parts.clock,
      id: "1",
    });
    await expect(pruneBackups(world.repository, {}, world.parts)).rejects.toThrow(
      /A backup is at work on this backup until 2026-03-02T08:10/,
    );
    expect(await backup()).toMatchObject({ objects: 0 });
    await held.release();
    const prune = await lockRepository(world.repository, "prune", {
      clock: world.parts.clock,
      id: "2",
    });
    await expect(backup()).rejects.toMatchObject({ code: "unavailable" });
    world.time.now += HOUR;
    await expect(backup()).resolves.toMatchObject({ objects: 0 });
    await expect(prune.renew()).rejects.toThrow(/lock was lost/);
    await expect(prune.check()).rejects.toThrow(/lock was lost/);
  });

  test("rules name days, weeks and months by UTC", () => {
    const times = [
      "2026-01-31T23:00Z",
      "2026-02-01T01:00Z",
      "2026-02-01T22:00Z",
      "2026-02-02T03:00Z",
    ];
    const snapshots = times.map((time) => ({ finished: Date.parse(time) }));
    const kept = (rules: Parameters<typeof chooseKept>[1]) =>
      chooseKept(snapshots, rules).map(
        ({ finished }) => times[snapshots.findIndex((one) => one.finished === finished)],
      );
    expect(kept({})).toEqual([times[3]]);
    expect(kept({ daily: 2 })).toEqual([times[2], times[3]]);
    expect(kept({ weekly: 2 })).toEqual([times[2], times[3]]);
    expect(kept({ monthly: 2 })).toEqual([times[0], times[3]]);
    expect(kept({ last: 9 })).toEqual(times);
  });
});
