import { once } from "node:events";
import { type IncomingMessage, request } from "node:http";
import { until } from "@trestle/testkit/surroundings";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { type ChaosClient, connectChaos, createAgent } from "./_chaos-clients.ts";
import { connectFeed, type FeedClient } from "./_feed.ts";
import { hasNginx, type Nginx, startNginx } from "./_nginx.ts";
import { HTTP_KEY, openSharedBridges, type SharedBridge } from "./_shared-bridges.ts";

/** Half a minute of two processors: run where ROUNDS asks for it, as `pnpm chaos rolling` does. */
const isAskedFor = process.env.ROUNDS !== undefined;

const headers = { authorization: `Bearer ${HTTP_KEY}` };

describe.skipIf(!hasNginx || !isAskedFor)(
  "bridges behind nginx that are restarted one after the other",
  () => {
    let shared: Awaited<ReturnType<typeof openSharedBridges>>;
    let bridges: SharedBridge[];
    let nginx: Nginx;
    const agent = createAgent();
    beforeAll(async () => {
      shared = await openSharedBridges({ policy: { limit: { principal: false } } });
      bridges = await Promise.all([shared.start(), shared.start(), shared.start()]);
      nginx = await startNginx(bridges.map(({ url }) => url));
    }, 120_000);
    afterAll(async () => {
      agent.destroy();
      await nginx?.stop();
      await shared?.end();
    }, 60_000);

    async function restart(index: number): Promise<void> {
      const bridge = bridges[index] as SharedBridge;
      process.kill(bridge.pid, "SIGTERM");
      expect(await bridge.exited).toBe(0);
      bridges[index] = await shared.restart(bridge);
    }

    test("cost no call, whether it reads or asks its user", async () => {
      const eras = ["legacy", "modern", "legacy", "modern", "legacy", "modern"] as const;
      const clients = await Promise.all(eras.map((era) => connectChaos(era, nginx.url, agent)));
      const failures: string[] = [];
      let [calls, isOver] = [0, false];
      async function goOn(client: ChaosClient): Promise<void> {
        while (!isOver) {
          calls += 1;
          const mark = `call${calls}`;
          const asks = client.era === "legacy" && calls % 5 === 0;
          const made = asks
            ? client.call(mark, "present__ask", {})
            : client.call(mark, "one__read", { text: "here" });
          await made.catch((error: unknown) => {
            const ways = [...nginx.passages()].filter(([at]) => at.startsWith(`${mark}.`));
            failures.push(`${client.era}: ${error} ${JSON.stringify(ways)}`);
          });
        }
      }
      const going = Promise.all(clients.map(goOn));
      for (const index of [0, 1, 2]) await restart(index);
      const before = calls;
      await until("calls go on", () => calls > before + 20);
      isOver = true;
      await going;
      expect(failures).toEqual([]);
      expect(calls).toBeGreaterThan(50);
    }, 240_000);

    test("end the streams and feeds that are open there with a word, and these find another", async () => {
      const feeds: FeedClient[] = [];
      for (let at = 0; at < bridges.length; at += 1) feeds.push(await openFeed());
      const streams = await Promise.all(bridges.map(() => openStream()));
      await restart(0);
      const ended = feeds.map(({ closed }) => closed);
      expect(await Promise.race(ended)).toBe(1001);
      await until("the stream there ends", () => streams.some(({ hasEnded }) => hasEnded()));
      expect(streams.filter(({ isBroken }) => isBroken())).toEqual([]);
      const again = await openFeed();
      await again.subscribe({ topics: ["**"] });
      await openStream();
    }, 120_000);

    function openFeed(): Promise<FeedClient> {
      return connectFeed(nginx.url, { headers });
    }

    /** The standing stream of a session of its own. */
    async function openStream() {
      const session = await openSession();
      const sent = request(nginx.url, {
        headers: { ...headers, accept: "text/event-stream", "mcp-session-id": session },
      });
      onTestFinished(() => void sent.destroy());
      sent.end();
      const [stream] = (await once(sent, "response")) as [IncomingMessage];
      expect(stream.statusCode).toBe(200);
      let [hasEnded, isBroken] = [false, false];
      stream.resume();
      stream.once("end", () => {
        hasEnded = true;
      });
      stream.once("error", () => {
        isBroken = true;
      });
      return { hasEnded: () => hasEnded, isBroken: () => isBroken };
    }

    async function openSession(): Promise<string> {
      const response = await fetch(nginx.url, {
        method: "POST",
        headers: {
          ...headers,
          "content-type": "application/json",
          accept: "application/json, text/event-stream",
        },
        body: JSON.stringify({
          ...{ jsonrpc: "2.0", id: 0, method: "initialize" },
          params: {
            ...{ protocolVersion: "2025-06-18", capabilities: {} },
            clientInfo: { name: "stream", version: "1" },
          },
        }),
      });
      await response.text();
      return response.headers.get("mcp-session-id") ?? "";
    }
  },
);
