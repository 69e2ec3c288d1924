import { silentLogger, systemClock } from "@trestle/protocol";
import { expect, test } from "vitest";
import { createEmbeddedDriver } from "../../src/drivers/embedded/embedded.ts";
import { temporaryFolder } from "../../src/postgres/_temporary-folder.ts";
import { describeDriver } from "./_describe-driver.ts";

function start() {
  const folder = temporaryFolder();
  return {
    open: (maxConnections: number) =>
      createEmbeddedDriver({
        dataDir: folder.path,
        maxConnections,
        idleTimeoutMs: 10_000,
        connectionTimeoutMs: 60_000,
        clock: systemClock,
        log: silentLogger,
      }),
    close: async () => folder.remove(),
  };
}

describeDriver("the embedded Postgres", async () => start());

test("who became somebody else is the owner again for the next, also where he left without a word", async () => {
  const { open, close } = start();
  const driver = open(1);
  const use = { timeoutMs: 20_000 };
  const who = async () => {
    const answer = driver.use((connection) => connection.run("SELECT session_user"), use);
    return (await answer).rows[0]?.[0];
  };
  const become = "SET SESSION AUTHORIZATION other";
  await driver.use((connection) => connection.script("CREATE ROLE other"), use);
  await driver.use((connection) => connection.script(become), use);
  expect(await who()).toBe("postgres");
  const leaving = driver.use(async (connection) => {
    await connection.script(become);
    (
      connection.client as unknown as { connection: { stream: { destroy(): void } } }
    ).connection.stream.destroy();
    await connection.run("SELECT 1");
  }, use);
  await expect(leaving).rejects.toMatchObject({ code: "unavailable" });
  expect(await who()).toBe("postgres");
  await driver.close();
  await close();
});
