import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { silentLogger, systemClock } from "@trestle/protocol";
import { createRedisBus, openRedis } from "@trestle/store/redis";
import { type OwnRedis, startOwnRedis } from "@trestle/testkit/own-redis";
import { temporaryFolder, until } from "@trestle/testkit/surroundings";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import { formatLock, parseLock } from "../src/catalog/pins/lock-text.ts";
import { sharePins } from "../src/shared/pins.ts";

let server: OwnRedis;
let opened = 0;
beforeAll(async () => {
  server = await startOwnRedis();
});
afterAll(() => server?.end());

const lock = (pins: Record<string, string>): string =>
  formatLock(
    new Map(
      Object.entries(pins).map(([id, hash]) => [
        id,
        new Map([["tool run", { hash: hash.repeat(64) }]]),
      ]),
    ),
  );

async function openHomes() {
  opened += 1;
  const prefix = `t${opened}`;
  return async function openHome(pins?: Record<string, string>, folder = temporaryFolder()) {
    const redis = await openRedis({ url: server.url, prefix });
    const bus = createRedisBus({ redis });
    const path = join(folder, "trestle.lock.json");
    if (pins) writeFileSync(path, lock(pins));
    const parts = { redis, bus, clock: systemClock, log: silentLogger };
    const shared = await sharePins({ ...parts, path, memory: join(folder, "memory.json") });
    const close = async () => {
      await shared.close();
      await bus.close();
      await redis.close();
    };
    let isOpen = true;
    const end = async () => {
      if (isOpen) await close();
      isOpen = false;
    };
    onTestFinished(end);
    const hashes = (): Record<string, string> => {
      const found = [...parseLock(readFileSync(path, "utf8"))];
      return Object.fromEntries(
        found.map(([id, own]) => [id, own.get("tool run")?.hash.slice(0, 1) ?? ""]),
      );
    };
    return {
      folder,
      hashes,
      end,
      write: (next: Record<string, string>) => writeFileSync(path, lock(next)),
    };
  };
}

test("a bridge that starts knows what others approved, before it judges anything", async () => {
  const openHome = await openHomes();
  await openHome({ one: "a" });
  expect((await openHome()).hashes()).toEqual({ one: "a" });
  expect((await openHome({ one: "b", two: "c" })).hashes(), "others go by the first word").toEqual({
    one: "a",
    two: "c",
  });
});

test("what is approved at one is approved at all, each server for itself", async () => {
  const openHome = await openHomes();
  const first = await openHome({ one: "a", two: "a" });
  const second = await openHome();
  first.write({ one: "b", two: "a" });
  await until("the second knows", () => second.hashes().one === "b");
  second.write({ one: "b", two: "c" });
  await until("the first knows", () => first.hashes().two === "c");
  expect(first.hashes()).toEqual(second.hashes());
});

test("what was approved while a bridge was down counts when it starts again, unless others have gone on", async () => {
  const openHome = await openHomes();
  const first = await openHome({ one: "a", two: "a" });
  const second = await openHome();
  await first.end();
  second.write({ one: "a", two: "d" });
  await until("it is shared", () => second.hashes().two === "d");
  await second.end();
  const again = await openHome({ one: "e", two: "a" }, first.folder);
  expect(again.hashes()).toEqual({ one: "e", two: "d" });
});
