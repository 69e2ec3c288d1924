import { existsSync } from "node:fs";
import { join } from "node:path";
import { temporaryFolder } from "@trestle/testkit/surroundings";
import { expect, onTestFinished, test } from "vitest";
import { shareSqliteStore } from "../src/index.ts";
import { startBin, writeShop } from "./_cli.ts";

const storeOf = (home: string) => join(home, "own", "tracker", "store");

test("who serves alone on HTTP reads without being asked", async () => {
  const home = temporaryFolder("home");
  writeShop(home);
  startBin(home, ["serve", "--http=127.0.0.1:0"]);
  await expect
    .poll(() => existsSync(join(storeOf(home), "tracker.db")), { timeout: 20_000 })
    .toBe(true);
  const store = shareSqliteStore({ folder: storeOf(home) });
  onTestFinished(() => store.close());
  await expect.poll(async () => (await store.stats()).tasks, { timeout: 20_000 }).toBe(3);
}, 60_000);

test("on stdio nothing begins before the first request", async () => {
  const home = temporaryFolder("home");
  writeShop(home);
  const { ask, out } = startBin(home, []);
  const capabilities = {};
  const clientInfo = { name: "probe", version: "1" };
  const params = { protocolVersion: "2025-06-18", capabilities, clientInfo };
  ask({ jsonrpc: "2.0", id: 1, method: "initialize", params });
  await expect.poll(out, { timeout: 20_000 }).toContain('"id":1');
  ask({ jsonrpc: "2.0", method: "notifications/initialized" });
  ask({ jsonrpc: "2.0", id: 2, method: "tools/list" });
  await expect.poll(out, { timeout: 20_000 }).toContain('"id":2');
  ask({ jsonrpc: "2.0", id: 3, method: "ping" });
  await expect.poll(out, { timeout: 20_000 }).toContain('"id":3');
  expect(existsSync(storeOf(home))).toBe(false);
}, 60_000);
