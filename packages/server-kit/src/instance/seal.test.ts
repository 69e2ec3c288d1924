import { mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Clock, systemClock } from "@trestle/protocol";
import { expect, onTestFinished, test } from "vitest";
import { createSeal, loadSealKey } from "./seal.ts";

const binding = { principal: "local", method: "tools/call", name: "drop", argumentsDigest: "d1" };

test("opens what it sealed, for the same request only", async () => {
  const seal = createSeal(() => Buffer.alloc(32, 1), systemClock);
  const sealed = await seal.close("step 1", binding);
  expect(await seal.open(sealed, binding)).toBe("step 1");
  for (const [field] of Object.entries(binding)) {
    expect(await seal.open(sealed, { ...binding, [field]: "other" })).toBeUndefined();
  }
  const [payload, mac] = sealed.split(".");
  const forged = Buffer.from('{"state":"step 2","expires":9e15}').toString("base64url");
  for (const bad of [`${forged}.${mac}`, `${payload}.`, "", "a.b.c", `${payload}.${mac}.x`]) {
    expect(await seal.open(bad, binding)).toBeUndefined();
  }
});

test("a seal of another key opens nothing", async () => {
  const sealed = await createSeal(() => Buffer.alloc(32, 1), systemClock).close("s", binding);
  const other = createSeal(() => Buffer.alloc(32, 2), systemClock);
  expect(await other.open(sealed, binding)).toBeUndefined();
});

test("expires after ten minutes", async () => {
  let now = 1_000_000;
  const clock: Clock = { now: () => now, after: () => () => {} };
  const seal = createSeal(() => Buffer.alloc(32, 1), clock);
  const sealed = await seal.close("s", binding);
  now += 10 * 60_000 - 1;
  expect(await seal.open(sealed, binding)).toBe("s");
  now += 1;
  expect(await seal.open(sealed, binding)).toBeUndefined();
});

test("the key of a folder is made once, for its owner's eyes only", () => {
  const folder = mkdtempSync(join(tmpdir(), "trestle-seal-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const dataDir = join(folder, "server");
  const key = loadSealKey(dataDir);
  expect(loadSealKey(dataDir)).toEqual(key);
  expect(statSync(join(dataDir, "seal.key")).mode & 0o777).toBe(0o600);
});

test("where nothing can be written, the key is a random one", () => {
  const nowhere = "/dev/null/trestle";
  expect(loadSealKey(nowhere)).toHaveLength(32);
  expect(loadSealKey(nowhere)).not.toEqual(loadSealKey(nowhere));
});
