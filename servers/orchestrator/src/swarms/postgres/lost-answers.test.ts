import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import { silentLogger } from "@trestle/protocol";
import { createLocalDatabase, hasLocalPostgres } from "@trestle/testkit/local-postgres";
import { describe, expect, onTestFinished, test } from "vitest";
import { openPostgres } from "../../runs/postgres/postgres.ts";
import { createPostgresSwarmStore } from "./postgres-swarm-store.ts";

/** Where the next COMMIT is lost: on its way to the database, or its answer on the way back. */
type Loss = "there" | "back";

/** Between us and a database; it breaks one connection at the moment of its commit. */
async function startBreaker(target: URL) {
  let loss: Loss | undefined;
  const sockets = new Set<Socket>();
  const server = createServer((client) => {
    const upstream = connect(Number(target.port), target.hostname);
    const both = [client, upstream];
    const breakOff = () => {
      for (const socket of both) socket.destroy();
    };
    for (const socket of both) {
      sockets.add(socket);
      socket.on("error", breakOff).on("close", breakOff);
    }
    client.on("data", (said) => {
      const isCommit = loss !== undefined && said.includes("COMMIT");
      if (isCommit && loss === "there") breakOff();
      else upstream.write(said);
      if (isCommit) {
        upstream.removeAllListeners("data").on("data", breakOff);
        loss = undefined;
      }
    });
    upstream.on("data", (said) => client.write(said));
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => {
    server.close();
    for (const socket of sockets) socket.destroy();
  });
  const url = new URL(target);
  url.port = String((server.address() as AddressInfo).port);
  return {
    url: url.href,
    loseNext(which: Loss) {
      loss = which;
    },
  };
}

describe.skipIf(!(await hasLocalPostgres()))("a decision whose answer is lost", () => {
  test.each<[Loss, number]>([
    ["there", 2],
    ["back", 1],
  ])("on the way %s is made %d times, and stored once", async (which, times) => {
    const database = await createLocalDatabase({ prefix: "trestle_lost_answers" });
    onTestFinished(() => database.drop());
    const breaker = await startBreaker(new URL(database.url));
    const postgres = await openPostgres({ url: breaker.url, log: silentLogger });
    const store = createPostgresSwarmStore({ postgres, watcher: "w" });
    onTestFinished(() => store.close());
    await store.create({ id: "s", owner: "ann", createdAt: 1, watched: false }, []);
    breaker.loseNext(which);
    let made = 0;
    await store.shared?.alone("s", async (held) => {
      made += 1;
      const after = (await held.load("s"))?.version ?? 0;
      await held.commit("s", { after, changes: [], watched: false });
    });
    expect(made).toBe(times);
    expect(await store.load("s")).toMatchObject({ version: 2 });
  });
});
