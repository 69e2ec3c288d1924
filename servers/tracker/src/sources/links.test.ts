import {
  appendFileSync,
  mkdirSync,
  realpathSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { Worker } from "node:worker_threads";
import { temporaryFolder } from "@trestle/testkit/surroundings";
import { expect, test } from "vitest";
import { openWithin, readTextWithin } from "../tail/open-within.ts";
import { createMemory, startFollowing } from "./_following.ts";
import { allowedFolders, allowedPath } from "./allowed-path.ts";
import type { Source } from "./source.ts";

/** A home with logs, and beside it what nobody may read. */
function createScene() {
  const home = realpathSync(temporaryFolder("home"));
  const secret = realpathSync(temporaryFolder("secret"));
  const logs = join(home, "logs");
  mkdirSync(logs);
  mkdirSync(join(home, ".keys"));
  writeFileSync(join(secret, "app.log"), "secret\n");
  writeFileSync(join(home, ".keys", "app.log"), "key\n");
  writeFileSync(join(logs, "own.log"), "own\n");
  const allowance = { home, folders: [] };
  const sourceAt = (path: string, kind: Source["kind"] = "log"): Source => ({
    ...{ name: "app", kind, path, isAskedFor: true },
    within: allowedFolders(allowance),
  });
  return { home, secret, logs, allowance, sourceAt };
}

test("a link that leads out of the allowed folders is not added, one within them is", () => {
  const { home, secret, logs, allowance } = createScene();
  symlinkSync(join(secret, "app.log"), join(logs, "file.log"));
  symlinkSync(secret, join(logs, "folder"));
  symlinkSync(join(home, ".keys"), join(logs, "hidden"));
  symlinkSync(join(logs, "own.log"), join(home, "good.log"));
  const denied = ["file.log", "folder", "folder/app.log", "folder/*.log", "hidden/app.log"];
  for (const name of [...denied, "folder/not/yet.log"]) {
    expect(() => allowedPath(join(logs, name), allowance)).toThrow(/may not be watched/);
  }
  expect(allowedPath("~/good.log", allowance)).toBe(join(home, "good.log"));
  expect(allowedPath("~/logs/not/yet.log", allowance)).toBe(join(logs, "not/yet.log"));
  // What the operator names may be a link itself.
  const named = { home, folders: [join(logs, "folder")] };
  expect(allowedPath("~/logs/folder/app.log", named)).toBe(join(logs, "folder/app.log"));
});

test("links in a watched folder that lead out of it are told and not read", async () => {
  const { secret, logs, sourceAt } = createScene();
  symlinkSync(join(secret, "app.log"), join(logs, "file.log"));
  symlinkSync(secret, join(logs, "folder"));
  symlinkSync("own.log", join(logs, "again.log"));
  const memory = createMemory();
  const following = startFollowing([sourceAt(join(logs, "**/*.log"))], memory);
  await following.look();
  expect(memory.lines).toEqual(["own"]);
  expect(following.problems.list()).toMatchObject([
    { kind: "outside", about: join(logs, "file.log") },
  ]);
  rmSync(join(logs, "file.log"));
  writeFileSync(join(logs, "file.log"), "its own now\n");
  await following.look();
  expect(memory.lines).toEqual(["own", "its own now"]);
  expect(following.problems.list()).toEqual([]);
});

test("a glob reaches no hidden folders of a home", async () => {
  const { home, sourceAt } = createScene();
  const memory = createMemory();
  await startFollowing([sourceAt(join(home, "{logs,.keys}", "*.log"))], memory).look();
  expect(memory.lines).toEqual(["own"]);
});

test.each(["file", "folder"])(
  "a %s that becomes a link after it was added is not read",
  async (what) => {
    const { secret, logs, sourceAt } = createScene();
    const folder = join(logs, "service");
    mkdirSync(folder);
    const path = join(folder, "app.log");
    writeFileSync(path, "mine\n");
    const memory = createMemory();
    const following = startFollowing([sourceAt(path)], memory);
    await following.look();
    if (what === "file") {
      rmSync(path);
      symlinkSync(join(secret, "app.log"), path);
    } else {
      renameSync(folder, `${folder}-old`);
      symlinkSync(secret, folder);
    }
    await following.look();
    appendFileSync(join(secret, "app.log"), "more\n");
    await following.look();
    expect(memory.lines).toEqual(["mine"]);
    expect(following.problems.list()).toMatchObject([{ kind: "outside", about: path }]);
  },
);

/** Puts a link to another folder in the place of a folder and back, as fast as it can, until it is ended. */
const SWAPPING = `
  const { renameSync } = require("node:fs");
  const { workerData: { folder, link } } = require("node:worker_threads");
  for (;;) {
    renameSync(folder, folder + "-kept");
    renameSync(link, folder);
    renameSync(folder, link);
    renameSync(folder + "-kept", folder);
  }
`;

test("what takes the place of a folder between looking and opening is not read", async () => {
  const { secret, logs, sourceAt } = createScene();
  const { within } = sourceAt(logs);
  const folder = join(logs, "service");
  const link = join(logs, "link");
  mkdirSync(folder);
  writeFileSync(join(folder, "app.log"), "mine\n");
  symlinkSync(secret, link);
  const swapping = new Worker(SWAPPING, { eval: true, workerData: { folder, link } });
  const found = new Set<string>();
  for (let round = 0; round < 2_000; round += 1) {
    try {
      const handle = await openWithin(join(folder, "app.log"), within);
      found.add((await handle.readFile()).toString());
      await handle.close();
    } catch (error) {
      found.add((error as NodeJS.ErrnoException).code ?? "unknown");
    }
  }
  await swapping.terminate();
  expect(found).not.toContain("secret\n");
  expect(found).toContain("EOUTSIDE");
  expect(found).toContain("mine\n");
});

test("a link in the place of a small file is not read either", () => {
  const { secret, logs, sourceAt } = createScene();
  const { within } = sourceAt(logs);
  const path = join(logs, ".project_root");
  symlinkSync(join(secret, "app.log"), path);
  expect(() => readTextWithin(path, within)).toThrow(/leads out/);
  expect(readTextWithin(join(logs, "own.log"), within)).toBe("own\n");
});
