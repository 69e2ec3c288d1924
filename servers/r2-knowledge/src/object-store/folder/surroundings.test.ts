import { execFileSync } from "node:child_process";
import * as fs from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { afterEach, beforeEach, expect, test } from "vitest";
import { bytes, listAll, text } from "../_object-store-parts.ts";
import type { ObjectStore } from "../object-store.ts";
import { openFolderStore } from "./open-folder-store.ts";

let base: string;
let path: string;
let outside: string;
let store: ObjectStore;

beforeEach(async () => {
  base = fs.realpathSync(fs.mkdtempSync(join(tmpdir(), "trestle-around-")));
  [path, outside] = [join(base, "store"), join(base, "outside")];
  fs.mkdirSync(outside);
  fs.writeFileSync(join(outside, "secret.json"), '"secret"');
  store = await openFolderStore({ path });
});

afterEach(async () => {
  await store.close();
  fs.rmSync(base, { recursive: true, force: true });
});

const keysIn = async (prefix = "") => (await listAll(store, prefix)).map(({ key }) => key);

/** Every call that asks for this key, and what it must be answered. */
async function expectRefused(key: string, code: string): Promise<void> {
  for (const call of [
    () => store.get(key),
    () => store.head(key),
    () => store.getStream(key),
    () => store.put(key, bytes("new")),
    () => store.put(key, bytes("new"), { when: "absent" }),
    () => store.delete(key),
  ]) {
    await expect(call()).rejects.toMatchObject({ code });
  }
}

test("plain keys are plain files, readable by their owner alone", async () => {
  await store.put("mcp/diagnoses/01JD3V8Q5W6X7Y8Z9ABCDEFGHJ.json", bytes('{"a":1}'));
  const file = join(path, "mcp", "diagnoses", "01JD3V8Q5W6X7Y8Z9ABCDEFGHJ.json");
  expect(fs.readFileSync(file, "utf8")).toBe('{"a":1}');
  expect(fs.statSync(file).nlink).toBe(1);
  if (process.platform === "win32") return;
  expect(fs.statSync(file).mode & 0o777).toBe(0o600);
  for (const folder of [path, join(path, "mcp"), join(path, ".trestle", "drafts")]) {
    expect(fs.statSync(folder).mode & 0o777).toBe(0o700);
  }
});

test("a file that was changed from outside is a new version, without what was kept for the old", async () => {
  const key = "notes/one.txt";
  const { etag } = await store.put(key, bytes("old"), { metadata: { by: "us" } });
  fs.writeFileSync(join(path, key), "newer");
  const got = await store.get(key);
  expect(text(got?.body)).toBe("newer");
  expect(got?.metadata).toBeUndefined();
  expect((await listAll(store, "notes/"))[0]).toMatchObject({ etag: got?.etag, size: 5 });
  const stale = store.put(key, bytes("lost"), { when: { etag } });
  await expect(stale).rejects.toMatchObject({ code: "precondition_failed" });
  await store.put(key, bytes("swapped"), { when: { etag: got?.etag ?? "" } });
  expect(fs.readFileSync(join(path, key), "utf8")).toBe("swapped");
});

test("versions of one moment, of one size, in the inode of the one before, have ETags of their own", async () => {
  const clock = { now: () => 1_790_000_000_000 };
  const still = await openFolderStore({ path, clock, random: () => 0.5 });
  const etags = new Set<string>();
  for (let turn = 0; turn < 60; turn += 1) {
    const facts = turn % 3 === 0 ? { metadata: { turn: `${turn}` } } : {};
    etags.add((await still.put("a.json", bytes("same"), facts)).etag);
    expect((await still.head("a.json"))?.metadata).toEqual(facts.metadata);
    if (turn % 2) await still.delete("a.json");
  }
  expect(etags.size).toBe(60);
  await still.close();
});

test("a file that came from outside is an object, and one that went is none", async () => {
  fs.mkdirSync(join(path, "mcp"));
  fs.writeFileSync(join(path, "mcp", "dropped.md"), "# hello");
  fs.writeFileSync(join(path, "mcp", "No Key Has This Name"), "");
  expect(await store.get("mcp/dropped.md")).toMatchObject({
    size: 7,
    contentType: "text/markdown",
  });
  expect(await keysIn()).toEqual(["mcp/dropped.md"]);
  fs.rmSync(join(path, "mcp", "dropped.md"));
  expect(await store.get("mcp/dropped.md")).toBeUndefined();
  expect(await keysIn()).toEqual([]);
});

test("content type and metadata survive a copy of the folder", async () => {
  const facts = { contentType: "text/x-special", metadata: { by: "us" } };
  await store.put("a/b", bytes("x"), facts);
  fs.cpSync(path, join(base, "copy"), { recursive: true, preserveTimestamps: true });
  const copy = await openFolderStore({ path: join(base, "copy") });
  // Where the copy kept the times whole; else the object comes without them, and never with others.
  const got = await copy.get("a/b");
  expect(text(got?.body)).toBe("x");
  expect([facts.metadata, undefined]).toContainEqual(got?.metadata);
  await copy.close();
});

test("nothing is left of facts and folders when their objects are gone", async () => {
  await store.put("a/b/c", bytes("x"), { metadata: { by: "us" } });
  await store.put("a/b/c", bytes("y"), { metadata: { by: "them" } });
  const facts = join(path, ".trestle", "facts");
  expect(fs.readdirSync(facts)).toHaveLength(1);
  const taken = store.put("a/b/c", bytes("z"), { when: "absent", metadata: { by: "nobody" } });
  await expect(taken).rejects.toMatchObject({ code: "precondition_failed" });
  expect(fs.readdirSync(facts)).toHaveLength(1);
  await store.delete("a/b/c");
  expect(fs.readdirSync(facts)).toEqual([]);
  expect(fs.readdirSync(path)).toEqual([".trestle"]);
});

test("facts that were damaged are named, and harm no other object", async () => {
  await store.put("hurt", bytes("x"), { metadata: { by: "us" } });
  await store.put("well", bytes("y"), { metadata: { by: "us" } });
  const folder = join(path, ".trestle", "facts");
  const file = fs
    .readdirSync(folder)
    .find((name) => fs.readFileSync(join(folder, name), "utf8").includes("hurt"));
  fs.writeFileSync(join(folder, file ?? ""), "{broken");
  await expect(store.get("hurt")).rejects.toMatchObject({
    code: "unavailable",
    message: expect.stringContaining(file ?? ""),
  });
  expect(await store.get("well")).toMatchObject({ metadata: { by: "us" } });
  expect(await keysIn()).toEqual(["hurt", "well"]);
  fs.rmSync(join(folder, file ?? ""));
  expect(text((await store.get("hurt"))?.body)).toBe("x");
});

test("a link to a folder leads nowhere", async () => {
  await store.put("safe/one.json", bytes("1"));
  fs.symlinkSync(outside, join(path, "mcp"));
  fs.symlinkSync(outside, join(path, "safe", "deep"));
  for (const folder of ["mcp", "safe/deep"]) {
    await expectRefused(`${folder}/secret.json`, "denied");
    await expect(store.put(`${folder}/below/new.json`, bytes("x"))).rejects.toMatchObject({
      code: "denied",
    });
  }
  expect(await keysIn()).toEqual(["safe/one.json"]);
  expect(await keysIn("mcp/")).toEqual([]);
  expect(fs.readdirSync(outside)).toEqual(["secret.json"]);
  expect(fs.readFileSync(join(outside, "secret.json"), "utf8")).toBe('"secret"');
});

test("a link in the place of the store's own folders is not written through", async () => {
  fs.symlinkSync(outside, join(path, ".trestle"));
  await expect(store.put("a.json", bytes("1"))).rejects.toMatchObject({ code: "denied" });
  fs.rmSync(join(path, ".trestle"));
  fs.mkdirSync(join(path, ".trestle"));
  for (const name of ["drafts", "facts", "locks"]) {
    fs.symlinkSync(outside, join(path, ".trestle", name));
    const put = store.put("a.json", bytes("1"), { metadata: { by: "us" } });
    await expect(put).rejects.toMatchObject({ code: "denied" });
    fs.rmSync(join(path, ".trestle", name));
  }
  expect(fs.readdirSync(outside)).toEqual(["secret.json"]);
  expect(await keysIn()).toEqual([]);
  await store.put("a.json", bytes("1"));
});

test("a link to a file is not read; a write or a delete takes the link and not the file", async () => {
  const link = join(path, "x.json");
  const secret = join(outside, "secret.json");
  fs.symlinkSync(secret, link);
  for (const call of [
    () => store.get("x.json"),
    () => store.head("x.json"),
    () => store.getStream("x.json"),
  ]) {
    await expect(call()).rejects.toMatchObject({
      code: "denied",
      message: expect.stringContaining(link),
    });
  }
  expect(await keysIn()).toEqual([]);
  await store.put("x.json", bytes("mine"));
  expect(text((await store.get("x.json"))?.body)).toBe("mine");
  fs.rmSync(link);
  fs.symlinkSync(secret, link);
  await store.delete("x.json");
  expect(fs.existsSync(link)).toBe(false);
  expect(fs.readFileSync(secret, "utf8")).toBe('"secret"');
});

test("keys that go up stay within", async () => {
  for (const key of [
    "../up.txt",
    "a/../../up.txt",
    "/etc/up.txt",
    "..",
    "%2e%2e/up.txt",
    "..\\up.txt",
  ]) {
    await store.put(key, bytes(key));
    expect(text((await store.get(key))?.body)).toBe(key);
  }
  expect(fs.readdirSync(base).sort()).toEqual(["outside", "store"]);
  expect(fs.existsSync("/etc/up.txt")).toBe(false);
});

test("what is in the way is named, and the rest keeps working", async () => {
  fs.mkdirSync(join(path, "x.json", "y"), { recursive: true });
  fs.writeFileSync(join(path, "mcp"), "a file");
  expect(await store.get("x.json")).toBeUndefined();
  expect(await store.get("mcp/y.json")).toBeUndefined();
  for (const key of ["x.json", "mcp/y.json"]) {
    const put = store.put(key, bytes("x"));
    await expect(put).rejects.toMatchObject({
      code: "denied",
      message: expect.stringMatching(/move it away/),
    });
  }
  await store.put("other.json", bytes("1"));
  expect(await keysIn()).toEqual(["other.json"]);
  expect(fs.readdirSync(join(path, ".trestle", "drafts"), { recursive: true })).not.toContain("1");
});

test.skipIf(process.platform === "win32")("a pipe is not waited for", async () => {
  execFileSync("mkfifo", [join(path, "pipe.json")]);
  expect(await store.get("pipe.json")).toBeUndefined();
  expect(await keysIn()).toEqual([]);
});

test("what one may not read or write is denied, and the rest keeps working", async (context) => {
  context.skip(
    process.getuid?.() === 0,
    "SKIPPED: nothing is denied to root; a read-only disk is tried",
  );
  context.skip(process.platform === "win32", "SKIPPED: Windows has no such rights");
  await store.put("shut/a.json", bytes("1"));
  await store.put("open/b.json", bytes("2"));
  fs.chmodSync(join(path, "shut"), 0o000);
  await expectRefused("shut/a.json", "denied");
  await expect(store.list("")).rejects.toMatchObject({ code: "denied" });
  expect(await keysIn("open/")).toEqual(["open/b.json"]);
  fs.chmodSync(join(path, "shut"), 0o500);
  expect(text((await store.get("shut/a.json"))?.body)).toBe("1");
  await expect(store.put("shut/a.json", bytes("2"))).rejects.toMatchObject({ code: "denied" });
  await expect(store.delete("shut/a.json")).rejects.toMatchObject({ code: "denied" });
  fs.chmodSync(join(path, "shut"), 0o700);
});

test("a path that is a file is no store", async () => {
  const file = join(outside, "secret.json");
  for (const wrong of [file, join(file, "below")]) {
    await expect(openFolderStore({ path: wrong })).rejects.toMatchObject({ code: "no_bucket" });
  }
});

test("a folder that was moved away is not taken for an empty one, nor made anew", async () => {
  await store.put("a/one.json", bytes("1"));
  fs.renameSync(path, join(base, "moved"));
  await expectRefused("a/one.json", "no_bucket");
  await expect(store.list("")).rejects.toMatchObject({ code: "no_bucket" });
  expect(fs.existsSync(path)).toBe(false);
  fs.mkdirSync(path); // as the mount point of a disk that is not mounted
  await expectRefused("a/one.json", "no_bucket");
  expect(fs.readdirSync(path)).toEqual([]);
  fs.rmdirSync(path);
  fs.renameSync(join(base, "moved"), path);
  expect(text((await store.get("a/one.json"))?.body)).toBe("1");
  await store.put("a/two.json", bytes("2"));
  expect(await keysIn()).toEqual(["a/one.json", "a/two.json"]);
});

test("a folder whose path is too long for its locks is refused at once", async () => {
  const deep = join(base, "d".repeat(200), "d".repeat(200), "d".repeat(200));
  const opening = openFolderStore({ path: deep });
  await expect(opening).rejects.toMatchObject({
    code: "no_bucket",
    message: expect.stringMatching(/shorter path/),
  });
});

test("a write that waits for a lock can be aborted, and goes on when the lock is free", async () => {
  await store.put("held.json", bytes("old"));
  const folder = join(path, ".trestle", "locks");
  const holders = Array.from({ length: 64 }, (_, stripe) => {
    const holder = new DatabaseSync(join(folder, `${stripe}.lock`));
    holder.exec("BEGIN IMMEDIATE");
    return holder;
  });
  const abort = new AbortController();
  const reason = new Error("enough");
  const aborted = store.put("held.json", bytes("never"), { signal: abort.signal });
  const waiting = store.put("held.json", bytes("new"));
  expect(text((await store.get("held.json"))?.body)).toBe("old");
  abort.abort(reason);
  await expect(aborted).rejects.toBe(reason);
  for (const holder of holders) holder.close();
  await waiting;
  expect(text((await store.get("held.json"))?.body)).toBe("new");
});

test("a closed store answers no more, and leaves no draft", async () => {
  await store.put("a.json", bytes("1"));
  await store.close();
  await expect(store.get("a.json")).rejects.toMatchObject({ code: "unavailable" });
  expect(fs.readdirSync(join(path, ".trestle", "drafts"))).toEqual([]);
});
