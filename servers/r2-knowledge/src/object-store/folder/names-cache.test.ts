import * as fs from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { createNamesCache } from "./names-cache.ts";

const LONG = "n".repeat(140);
let folder: string;

beforeEach(() => {
  folder = fs.mkdtempSync(join(tmpdir(), "trestle-names-"));
  for (let n = 100; n < 400; n += 1) fs.writeFileSync(join(folder, `${n}.json`), "");
});

afterEach(() => fs.rmSync(folder, { recursive: true }));

/** As if nothing had come or gone for an hour. */
function rest(): void {
  const hourAgo = Date.now() / 1_000 - 3_600;
  fs.utimesSync(folder, hourAgo, hourAgo);
}

test("a folder at rest is read once, and again when anything came or went", async () => {
  const cache = createNamesCache();
  rest();
  const first = await cache.read(folder);
  expect(first).toHaveLength(300);
  expect(await cache.read(folder)).toBe(first);
  fs.writeFileSync(join(folder, "new.json"), "");
  expect(await cache.read(folder)).toHaveLength(301);
  rest();
  await cache.read(folder);
  fs.rmSync(join(folder, "100.json"));
  expect(await cache.read(folder)).toHaveLength(300);
});

test("a folder that changed a moment ago is read each time: its time may not tell of the next change", async () => {
  const cache = createNamesCache();
  // The same before and after, as where a clock ticks coarsely; and never long ago, however slow this runs.
  const now = Math.floor(Date.now() / 1_000) + 60;
  fs.utimesSync(folder, now, now);
  await cache.read(folder);
  fs.writeFileSync(join(folder, "new.json"), "");
  fs.utimesSync(folder, now, now);
  expect(await cache.read(folder)).toHaveLength(301);
});

test("a folder with a segment too long for one name is read each time", async () => {
  fs.mkdirSync(join(folder, `${LONG}%+`));
  fs.writeFileSync(join(folder, `${LONG}%+`, "a.json"), "");
  rest();
  const cache = createNamesCache();
  expect(await cache.read(folder)).toHaveLength(301);
  fs.writeFileSync(join(folder, `${LONG}%+`, "b.json"), "");
  const entries = await cache.read(folder);
  expect(entries).toHaveLength(302);
  expect(entries.at(-1)).toEqual({
    order: `${LONG}b.json`,
    isFolder: false,
    names: [`${LONG}%+`, "b.json"],
  });
});

test("a folder that is gone has no entries", async () => {
  const cache = createNamesCache();
  rest();
  await cache.read(folder);
  fs.renameSync(folder, `${folder}-moved`);
  expect(await cache.read(folder)).toEqual([]);
  fs.renameSync(`${folder}-moved`, folder);
  expect(await cache.read(folder)).toHaveLength(300);
});
