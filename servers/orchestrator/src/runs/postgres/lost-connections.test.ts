import { silentLogger } from "@trestle/protocol";
import { createLocalDatabase, hasLocalPostgres } from "@trestle/testkit/local-postgres";
import { startTcpProxy } from "@trestle/testkit/tcp-proxy";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import { openPostgres, type Postgres } from "./postgres.ts";

const STATEMENT_MS = 400;

/** A database behind a network that can be lost without a word. */
async function openBehind() {
  const database = await createLocalDatabase({ prefix: "trestle_lost_connections" });
  onTestFinished(() => database.drop());
  const url = new URL(database.url);
  const proxy = await startTcpProxy(Number(url.port));
  onTestFinished(proxy.close);
  url.port = String(proxy.port);
  const open = async (at: string): Promise<Postgres> => {
    const postgres = await openPostgres({ url: at, log: silentLogger, statementMs: STATEMENT_MS });
    onTestFinished(() => postgres.close());
    return postgres;
  };
  await (await open(database.url)).query("CREATE TABLE counted (id integer, count integer)");
  return { proxy, through: await open(url.href), beside: await open(database.url) };
}

describe.skipIf(!(await hasLocalPostgres()))(
  "a connection that is lost without a word",
  { timeout: 60_000 },
  () => {
    test("fails its statement, and the next one has another connection", async () => {
      const { proxy, through } = await openBehind();
      await through.query("INSERT INTO counted VALUES (1, 0)");
      proxy.weather("silent");
      const asked = expect(through.query("SELECT count FROM counted")).rejects.toMatchObject({
        code: "unavailable",
      });
      proxy.weather("fine");
      await asked;
      expect(await through.query("SELECT count FROM counted")).toEqual([{ count: 0 }]);
    });

    test("in a transaction holds its locks no longer than a statement may take", async () => {
      const { proxy, through, beside } = await openBehind();
      await beside.query("INSERT INTO counted VALUES (1, 0)");
      const lost = through.transaction(async (query) => {
        await query("UPDATE counted SET count = 1");
        proxy.weather("silent");
        await query("UPDATE counted SET count = 2");
      });
      await expect(lost).rejects.toMatchObject({ code: "unavailable" });
      await vi.waitFor(() => beside.query("UPDATE counted SET count = 3"), 30_000);
      expect(await beside.query("SELECT count FROM counted")).toEqual([{ count: 3 }]);
    });

    test("is opened again where it only listens", async () => {
      const { proxy, through, beside } = await openBehind();
      const heard: string[] = [];
      through.listen("trestle_told", (payload) => heard.push(payload));
      const tell = async (payload: string) => {
        await beside.query("SELECT pg_notify('trestle_told', $1)", [payload]);
        expect(heard).toContain(payload);
      };
      await vi.waitFor(() => tell("before"), 30_000);
      proxy.weather("silent");
      proxy.weather("fine");
      await vi.waitFor(() => tell("after"), 30_000);
    });
  },
);
