import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { type JsonObject, LOCAL_PRINCIPAL, silentLogger } from "@trestle/protocol";
import { serveHttp } from "@trestle-mcp/server-kit/serving";
import { expect, onTestFinished, test } from "vitest";
import { sessionSealOf } from "../src/inbound/http-door.ts";
import { printed } from "./_bridge.ts";
import { connectClient } from "./_clients.ts";
import { startCore } from "./_core.ts";
import { EVERYTHING, freePort } from "./_equality-servers.ts";
import { report } from "./_measure.ts";
import { createPeer, serveStdio } from "./_peer.ts";
import { createPlace, serve, start, textOf } from "./_place.ts";
import { kill, until } from "./_processes.ts";
import { stateful, statefulOf } from "./_stateful.ts";
import { entry } from "./_upstreams.ts";

/** What gateways make people suffer, as far as no other file is about it; docs/failures.md names them all. */

test("a bridge that is killed and started again keeps its clients", async () => {
  const place = createPlace();
  place.configure({ mcpServers: { web: stateful(place, "web") } });
  const first = await serve(place);
  const clients = await Promise.all([
    connectClient("v1", { url: first.url }),
    connectClient("v2 pinned to 2025-11-25", { url: first.url }),
  ]);
  const look = () =>
    Promise.all(clients.map((client) => client.ask("callTool", { name: "web__look" })));
  await look();
  kill(first.pid);
  await first.ended;
  await serve(place, ["--port", new URL(first.url).port]);
  for (const { structuredContent } of await look()) {
    expect(structuredContent).toMatchObject({ page: "about:blank" });
  }
  await Promise.all(clients.map((client) => client.close()));
});

test("a server over HTTP that forgot our session is met in a new one, and nobody sees it", async () => {
  const first = await startEverything("0");
  const { call } = await startCore({ mcpServers: { remote: { url: first.url } } });
  const echo = async (message: string) => (await call("remote__echo", { message })).content;
  expect(await echo("one")).toMatchObject([{ text: "Echo: one" }]);
  kill(first.pid);
  await first.ended;
  await startEverything(new URL(first.url).port);
  expect(await echo("two")).toMatchObject([{ text: "Echo: two" }]);
});

test("an abandoned session costs 20 KB at most, and hundreds of them no process", async () => {
  const place = createPlace();
  const { bridge } = await startCore({
    mcpServers: { web: { ...stateful(place, "web"), idleStopMs: 100 } },
  });
  const serving = await serveHttp(bridge.instance, {
    port: 0,
    log: silentLogger,
    authenticate: () => LOCAL_PRINCIPAL,
    sessionSeal: sessionSealOf(bridge.core.access, silentLogger),
  });
  onTestFinished(() => serving.close());
  await until("the server rests", () => statefulOf(place, "web").length === 0);
  for (let warm = 0; warm < 50; warm += 1) await abandon(serving.url);
  const before = await heapBytes();
  for (let count = 0; count < 250; count += 1) await abandon(serving.url);
  const each = ((await heapBytes()) - before) / 250;
  report(`an abandoned session: ${(each / 1_000).toFixed(1)} KB`);
  expect(each).toBeLessThan(20_000);
  expect(statefulOf(place, "web")).toEqual([]);
});

test("progress and cancellation reach the client and the server they are for", async () => {
  const place = createPlace();
  const mcpServers = { one: stateful(place, "one"), two: stateful(place, "two") };
  place.configure({ mcpServers });
  const { peer: first } = await serveStdio(place, "legacy");
  const joined = start(place, ["serve", "--stdio"]);
  const { stdout: input, stdin: output } = joined.process;
  const second = createPeer({ input, output, era: "modern" });
  await second.request("server/discover");
  await Promise.all([first.request("tools/list"), second.request("tools/list")]);
  // The same id and the same token at both.
  const ask = (server: string) => ({
    name: `${server}__navigate`,
    arguments: { ms: 1_500 },
    _meta: { progressToken: "mine" },
  });
  void first.request("tools/call", ask("one"));
  const answered = second.request("tools/call", ask("two"));
  const told = ({ notifications }: typeof first): unknown[] =>
    notifications.flatMap(({ method, params }) =>
      method === "notifications/progress" ? [[params?.progressToken, params?.message]] : [],
    );
  await until("both are told", () => told(first).length > 0 && told(second).length > 0);
  const [requestId = 0] = first.open();
  expect(second.open(), "the same").toEqual([requestId]);
  first.notify("notifications/cancelled", { requestId });
  await until("the server is told", () => textOf(join(place.root, "cancelled")) !== "");
  expect((await answered).error).toBeUndefined();
  expect(textOf(join(place.root, "cancelled"))).toBe("one\n");
  expect([told(first), told(second)]).toEqual([[["mine", "one"]], [["mine", "two"]]]);
  expect(first.open(), "nothing is answered that was cancelled").toEqual([requestId]);
});

test("a timeout names the server and the tool, or the server that did not start", async () => {
  const place = createPlace();
  const { call, bridge } = await startCore({
    mcpServers: {
      slow: { ...stateful(place, "slow"), policy: { timeout: { attemptMs: 100 } } },
      mute: { ...entry(place, "mute", "--silent"), startTimeoutMs: 300, era: "legacy" },
    },
  });
  await expect(call("slow__navigate", { ms: 2_000 })).rejects.toMatchObject({
    code: "outcome_unknown",
    message: expect.stringMatching(/slow did not answer navigate within \d+ ms/),
  });
  const status = bridge.status().find(({ server }) => server === "mute");
  expect(status?.problem).toMatch(/"mute" did not answer within 0.3 s of its start/);
});

/** A server of other people that keeps sessions, on a port or a free one. */
async function startEverything(port: string) {
  const asked = port === "0" ? String(await freePort()) : port;
  const child = spawn(process.execPath, [EVERYTHING, "streamableHttp"], {
    env: { ...process.env, PORT: asked },
  });
  const pid = child.pid as number;
  const ended = once(child, "exit");
  onTestFinished(() => kill(pid));
  await printed(child, /listening on port/);
  return { url: `http://127.0.0.1:${asked}/mcp`, pid, ended };
}

/** Opens a session as a client does that never closes it. */
async function abandon(url: string): Promise<void> {
  const send = async (body: JsonObject, headers: Record<string, string> = {}) => {
    const answered = await fetch(url, {
      method: "POST",
      body: JSON.stringify({ jsonrpc: "2.0", id: 1, ...body }),
      headers: {
        "content-type": "application/json",
        accept: "application/json, text/event-stream",
        ...headers,
      },
    });
    await answered.text();
    return answered.headers.get("mcp-session-id") ?? "";
  };
  const params = {
    protocolVersion: "2025-06-18",
    capabilities: { roots: { listChanged: true }, sampling: {}, elicitation: {} },
    clientInfo: { name: "abandoner", version: "1.0.0" },
  };
  const id = await send({ method: "initialize", params });
  await send({ method: "tools/list" }, { "mcp-session-id": id });
}

async function heapBytes(): Promise<number> {
  setFlagsFromString("--expose-gc");
  const collect = runInNewContext("gc") as () => void;
  for (let round = 0; round < 4; round += 1) {
    collect();
    await new Promise((resolve) => setImmediate(resolve));
  }
  return process.memoryUsage().heapUsed;
}
