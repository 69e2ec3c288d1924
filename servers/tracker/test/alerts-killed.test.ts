import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { type AddressInfo, createServer, type Server } from "node:net";
import { seededRandom, temporaryFolder, until } from "@trestle/testkit/surroundings";
import { expect, onTestFinished, test } from "vitest";
import { startReceiver } from "../src/alerts/_receiver.ts";
import { startOwnRedis } from "../src/store/redis/_own-redis.ts";
import type { StorePlace } from "./_stores.ts";

/** Something at a port that comes and goes. */
async function startTarget() {
  let server: Server | undefined;
  let port = 0;
  async function up(): Promise<void> {
    const begun = createServer((socket) => socket.destroy()).listen(port, "127.0.0.1");
    await once(begun, "listening");
    server = begun;
    port = (begun.address() as AddressInfo).port;
  }
  async function down(): Promise<void> {
    const ended = server;
    server = undefined;
    await new Promise<void>((resolve) =>
      ended === undefined ? resolve() : ended.close(() => resolve()),
    );
  }
  await up();
  onTestFinished(down);
  return { up, down, port };
}

const places = {
  sqlite: async (): Promise<StorePlace> => ({ kind: "sqlite", folder: temporaryFolder("alerts") }),
  redis: async (): Promise<StorePlace> => ({ kind: "redis", url: (await startOwnRedis()).url }),
};

test.each(["sqlite", "redis"] as const)(
  "a watcher over %s that is killed again and again loses no alert and tells none as two",
  async (kind) => {
    const random = seededRandom();
    const receiver = await startReceiver();
    const target = await startTarget();
    const place = await places[kind]();
    const script = new URL("./_alerting-process.ts", import.meta.url).pathname;
    const args = [
      "--no-warnings",
      script,
      JSON.stringify(place),
      String(target.port),
      receiver.url,
    ];
    let child: ChildProcess | undefined;
    let kills = 0;
    let isOver = false;
    onTestFinished(() => {
      isOver = true;
      child?.kill("SIGKILL");
    });

    /** Keeps one running, and kills it when it has run for a while. */
    async function keepKilling(): Promise<void> {
      while (!isOver) {
        const own = spawn(process.execPath, args, { stdio: ["pipe", "pipe", "inherit"] });
        child = own;
        const ended = once(own, "close");
        const lifeMs = random.below(700);
        own.stdout.once("data", () => setTimeout(() => own.kill("SIGKILL"), lifeMs));
        await ended;
        kills += 1;
      }
    }
    const killing = keepKilling();
    const ids = (topic: string) =>
      new Set(
        receiver.received
          .filter(({ json }) => json.topic === topic)
          .map(({ headers }) => headers["trestle-delivery"]),
      );
    const rounds = random.rounds(2);
    for (let round = 1; round <= rounds; round += 1) {
      await target.down();
      await until(`alert ${round} fires`, () => ids("alert.firing").size === round, 60_000);
      await target.up();
      await until(`alert ${round} is over`, () => ids("alert.resolved").size === round, 60_000);
    }
    isOver = true;
    child?.kill("SIGKILL");
    await killing;
    expect(kills).toBeGreaterThan(0);
    expect([ids("alert.firing").size, ids("alert.resolved").size]).toEqual([rounds, rounds]);
    // What was told again was told under the same id, and nothing overtook what happened before.
    const order = [
      ...new Set(receiver.received.map(({ headers }) => String(headers["trestle-delivery"]))),
    ];
    const kinds = order.map((id) => id.replace(/^web-\d+-/, ""));
    expect(kinds).toEqual(Array.from({ length: rounds }, () => ["firing", "resolved"]).flat());
  },
  300_000,
);
