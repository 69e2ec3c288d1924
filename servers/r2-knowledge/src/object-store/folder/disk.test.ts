import { execFileSync } from "node:child_process";
import { appendFileSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeEach, expect, test } from "vitest";
import { bytes, codeOf, listAll, text } from "../_object-store-parts.ts";
import type { ObjectStore } from "../object-store.ts";
import { openFolderStore } from "./open-folder-store.ts";

/** A disk of its own, which can really be full, and really read-only. */
const root = mkdtempSync(join(tmpdir(), "trestle-disk-"));
const disk = join(root, "disk");
mkdirSync(disk);
const isMounted = mount("size=4m");
const ballast = join(disk, "ballast");

beforeEach((context) => {
  context.skip(!isMounted, "SKIPPED: a file system cannot be mounted here, so no disk can be full");
});

const opened: ObjectStore[] = [];

async function openStore(path: string): Promise<ObjectStore> {
  const store = await openFolderStore({ path });
  opened.push(store);
  return store;
}

afterEach(async () => {
  await Promise.all(opened.splice(0).map((store) => store.close()));
  if (isMounted)
    for (const name of readdirSync(disk)) rmSync(join(disk, name), { recursive: true });
});

afterAll(() => {
  if (isMounted) execFileSync("umount", [disk]);
  rmSync(root, { recursive: true, force: true });
});

function mount(options: string): boolean {
  try {
    execFileSync("mount", ["-t", "tmpfs", "-o", options, "tmpfs", disk], { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
}

function fillDisk(): void {
  for (const size of [262_144, 4_096, 1]) {
    try {
      for (;;) appendFileSync(ballast, Buffer.alloc(size, 1));
    } catch {
      // Not even that fits any more.
    }
  }
}

async function* endless(): AsyncGenerator<Uint8Array> {
  for (;;) yield new Uint8Array(100_000);
}

/** The files of drafts, without the locks beside them. */
function draftsIn(path: string): string[] {
  const names = readdirSync(join(path, ".trestle", "drafts"), { recursive: true }) as string[];
  return names.filter((name) => /\d+$/.test(name) && name.includes("/"));
}

test("a full disk refuses what does not fit and keeps what is there; with room again, all goes on", async () => {
  const path = join(disk, "store");
  const store = await openStore(path);
  await store.put("kept.json", bytes('{"kept":true}'), { metadata: { by: "us" } });
  fillDisk();

  const body = bytes("x".repeat(20_000));
  for (const write of [
    () => store.put("new.json", body, { when: "absent" }),
    () => store.put("kept.json", body),
    () => store.put("new.bin", body, { metadata: { by: "us" } }),
    () => store.putStream("stream.bin", endless()),
    () => store.putStream("kept.json", endless()),
  ]) {
    const refused = expect(write()).rejects;
    await refused.toMatchObject({
      code: "full",
      message: expect.stringMatching(/free some space/),
    });
  }
  expect((await listAll(store, "")).map(({ key }) => key)).toEqual(["kept.json"]);
  const kept = await store.get("kept.json");
  expect(text(kept?.body)).toBe('{"kept":true}');
  expect(kept?.metadata).toEqual({ by: "us" });
  expect(draftsIn(path)).toEqual([]);

  // Whoever comes now is told the same, and can read.
  const late = await openStore(path);
  await expect(late.put("late.json", body)).rejects.toMatchObject({ code: "full" });
  expect(text((await late.get("kept.json"))?.body)).toBe('{"kept":true}');
  // A deletion needs no room.
  await store.delete("kept.json");
  expect(await late.get("kept.json")).toBeUndefined();

  rmSync(ballast);
  for (const writer of [store, late]) {
    await writer.put("new.json", body);
    await writer.put("after/with.bin", body, { metadata: { by: "them" } });
  }
  expect((await listAll(late, "")).map(({ key }) => key)).toEqual(["after/with.bin", "new.json"]);
  expect(readdirSync(join(path, ".trestle", "facts"))).toHaveLength(1);
});

test("a disk that fills while many write takes each object whole or not at all", async () => {
  const path = join(disk, "many");
  const store = await openStore(path);
  const body = (n: number) => `${n} `.repeat(1 + ((n * 7_919) % 9_000));
  const written: number[] = [];
  const codes = new Set<string | undefined>();
  const write = async (n: number) => {
    try {
      await store.put(`many/${n}.txt`, bytes(body(n)), { when: "absent" });
      written.push(n);
    } catch (error) {
      codes.add(codeOf(error));
    }
  };
  await Promise.all(Array.from({ length: 600 }, (_, n) => write(n)));
  expect([...codes]).toEqual(["full"]);
  const listed = (await listAll(store, "many/")).map(({ key }) => key);
  expect(listed.toSorted()).toEqual(written.map((n) => `many/${n}.txt`).toSorted());
  for (const n of written) expect(text((await store.get(`many/${n}.txt`))?.body)).toBe(body(n));
  expect(draftsIn(path)).toEqual([]);
});

test("a read-only disk is read, and says why it takes no write", async () => {
  const path = join(disk, "still");
  const first = await openStore(path);
  await first.put("kept.json", bytes("1"), { metadata: { by: "us" } });
  await first.close();
  mkdirSync(join(disk, "bare"));
  execFileSync("mount", ["-o", "remount,ro", disk]);
  try {
    const store = await openStore(path);
    expect(await store.get("kept.json")).toMatchObject({ size: 1, metadata: { by: "us" } });
    expect(await listAll(store, "")).toHaveLength(1);
    for (const write of [
      () => store.put("kept.json", bytes("2")),
      () => store.put("new.json", bytes("2"), { when: "absent" }),
      () => store.delete("kept.json"),
    ]) {
      await expect(write()).rejects.toMatchObject({ code: "denied" });
    }
    expect(text((await store.get("kept.json"))?.body)).toBe("1");
    const bare = await openStore(join(disk, "bare"));
    expect(await listAll(bare, "")).toEqual([]);
    await expect(bare.put("a.json", bytes("2"))).rejects.toMatchObject({ code: "denied" });
    const other = openStore(join(disk, "none"));
    await expect(other).rejects.toMatchObject({ code: "denied" });
  } finally {
    execFileSync("mount", ["-o", "remount,rw", disk]);
  }
});
