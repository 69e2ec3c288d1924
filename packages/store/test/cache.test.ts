import { describe, expect, test } from "vitest";
import { createMemoryCache, createSqliteCache } from "../src/index.ts";
import { openPorts, openPortsTwice, portsFile } from "./_ports.ts";
import { seededRandom, startProcess, until } from "./_processes.ts";
import { describeCache } from "./describe-cache.ts";

describeCache("in memory", async (setting) => {
  const cache = createMemoryCache(setting);
  return [cache, cache];
});

describeCache("in SQLite", async (setting) => {
  const [one, other] = await openPortsTwice();
  return [
    createSqliteCache({ sqlite: one, ...setting }),
    createSqliteCache({ sqlite: other, ...setting }),
  ];
});

describe("a cache that several processes fill", () => {
  test("counts right and keeps its bounds, whoever is killed", async () => {
    const { next, rounds } = seededRandom();
    const file = portsFile();
    const sqlite = await openPorts(file);
    const cache = createSqliteCache({ sqlite });
    const fillers = () => [1, 2].map(() => startProcess("_port-process.ts", [file]));
    for (let round = 0; round < rounds(2); round += 1) {
      const running = fillers();
      for (const filler of running) filler.ask("fill").catch(() => {});
      const enough = 20 + Math.floor(next() * 100);
      await until("both have filled some", () =>
        running.every((filler) => filler.said.length > enough),
      );
      for (const filler of running) await filler.kill();
      const total = await cache.stats({});
      expect(await cache.stats({ scope: "filled" })).toEqual(total);
      expect(total.entries).toBeLessThanOrEqual(50 + running.length);
    }
  }, 60_000);

  test("forgets in one process what another has bumped", async () => {
    const file = portsFile();
    const cache = createSqliteCache({ sqlite: await openPorts(file) });
    const other = startProcess("_port-process.ts", [file]);
    const address = { scope: "s", group: "g", key: "k" };
    await cache.set(address, { value: "v", ttlMs: 60_000 });
    expect((await other.ask("look", { address: { ...address } })).value).toBe("hit");
    await other.ask("bump", { scope: "s" });
    expect(await cache.get(address)).toMatchObject({ kind: "miss", generation: 1 });
  });
});
