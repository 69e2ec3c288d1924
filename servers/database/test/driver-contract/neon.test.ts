import { silentLogger, systemClock } from "@trestle/protocol";
import { startNeonProxy } from "@trestle/testkit/neon-proxy";
import { expect, test } from "vitest";
import { createNeonDriver } from "../../src/drivers/neon.ts";
import { createGuard } from "../../src/guard/guard.ts";
import { createDatabase } from "../../src/postgres/create-database.ts";
import { describeDriver } from "./_describe-driver.ts";
import { createTestDatabase } from "./_postgres.ts";

async function startNeon() {
  const { url, look, drop } = await createTestDatabase();
  const { host } = new URL(url);
  const proxy = await startNeonProxy({ allow: [host] });
  const open = (maxConnections: number) =>
    createNeonDriver({
      url,
      maxConnections,
      idleTimeoutMs: 10_000,
      connectionTimeoutMs: 10_000,
      clock: systemClock,
      log: silentLogger,
      front: proxy,
    });
  const close = async () => {
    await proxy.close();
    await drop();
  };
  return { proxy, look, open, close, breakConnections: async () => proxy.breakConnections() };
}

describeDriver("Neon, reads over HTTP and the rest over a WebSocket", startNeon);

describeDriver("Neon over a WebSocket alone", async () => {
  const neon = await startNeon();
  const open = (maxConnections: number) => {
    const { readAtOnce: _, ...driver } = neon.open(maxConnections);
    return driver;
  };
  return { ...neon, open };
});

test("a read is one HTTP request, and needs no connection", async () => {
  const neon = await startNeon();
  const driver = neon.open(1);
  const database = createDatabase({ driver, guard: createGuard({ mode: "read-only" }) });
  await database.query("SELECT 1 AS one");
  const before = neon.proxy.requests;
  expect((await database.query("SELECT 2 AS one")).rows).toEqual([{ one: 2 }]);
  expect(neon.proxy.requests - before).toBe(1);
  expect(driver.connections().open).toBe(0);
  await database.close();
  await neon.close();
});

test("a read that is too much for one HTTP answer gets its page over a connection", async () => {
  const neon = await startNeon();
  const driver = neon.open(1);
  const database = createDatabase({ driver, guard: createGuard({ mode: "read-only" }) });
  const wide = "SELECT n, repeat('x', 1000000) AS text FROM generate_series(1, 100) n";
  const page = await database.query(wide, [], { maxRows: 100, maxBytes: 50_000 });
  expect(page).toMatchObject({ rowCount: 2, truncated: true, nextOffset: 2, cutValues: 2 });
  expect(driver.connections().open).toBe(1);
  const mistake = database.query("SELECT nope", [], { maxRows: 20 });
  await expect(mistake).rejects.toMatchObject({ message: expect.stringContaining("character 8") });
  await database.close();
  await neon.close();
});
