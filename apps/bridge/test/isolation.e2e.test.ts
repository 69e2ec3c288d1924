import { expect, test } from "vitest";
import { connectClient } from "./_clients.ts";
import { serveStdio } from "./_peer.ts";
import { createPlace, serve } from "./_place.ts";
import { until } from "./_processes.ts";
import { connectRaw } from "./_raw-client.ts";
import { stateful, statefulOf } from "./_stateful.ts";

test("clients of every kind at one bridge see nothing of each other, and leave no process", async () => {
  const place = createPlace();
  place.configure({ mcpServers: { web: { ...stateful(place, "web"), isolation: "session" } } });
  const { url } = await serve(place);
  const serving = (): number[] => statefulOf(place, "web");

  const [v1, pinned, modern] = await Promise.all([
    connectClient("v1", { url }),
    connectClient("v2 pinned to 2025-11-25", { url }),
    connectClient("v2", { url }),
  ]);
  const joined = await serveStdio(place, "modern");
  const http = [v1, pinned, modern].map((client) => async (tool: string, to?: string) => {
    const params = { name: `web__${tool}`, arguments: to === undefined ? {} : { url: to } };
    return client.ask("callTool", params);
  });
  const stdio = async (tool: string, to?: string) =>
    (await joined.peer.call(`web__${tool}`, to === undefined ? {} : { url: to })).result ?? {};
  const clients = [...http, stdio];

  await Promise.all(clients.map((call, index) => call("navigate", `http://${index}`)));
  const pages = await Promise.all(clients.map((call) => call("look")));
  expect(pages.map(({ structuredContent }) => structuredContent)).toMatchObject(
    clients.map((_, index) => ({ page: `http://${index}` })),
  );
  expect(serving().length, "one for each, and one that lists").toBeLessThanOrEqual(5);

  const now = { uri: "web+page://now" };
  const read = [v1, pinned, modern].map((client) => client.ask("readResource", now));
  expect((await Promise.all(read)).map(({ contents }) => contents)).toMatchObject(
    read.map((_, index) => [{ text: `http://${index}` }]),
  );

  const before = serving();
  joined.process.stdin.end();
  await until("the instance of the stdio client is gone", () => serving().length < before.length);
  const deleted = await fetch(url, { method: "DELETE", headers: await sessionOf(url) });
  expect(deleted.status, "a session that was never used has no instance").toBe(200);
  await Promise.all([v1, pinned, modern].map((client) => client.close()));
});

test("what changes in the instance of one client is told to no other", async () => {
  const place = createPlace();
  place.configure({ mcpServers: { web: { ...stateful(place, "web"), isolation: "session" } } });
  const { url } = await serve(place);
  const eras = ["legacy", "legacy", "modern"] as const;
  const clients = await Promise.all(eras.map((era) => connectRaw(era, { url })));
  for (const client of clients) {
    await client.listen({ resourceSubscriptions: ["web+page://now"], toolsListChanged: true });
  }
  const heard = (): number[] =>
    clients.map(
      ({ notifications }) =>
        notifications.filter((line) => line.includes('"web+page://now"')).length,
    );
  const before = heard();
  for (const [index, client] of clients.entries()) {
    const opened = { name: "web__navigate", arguments: { url: `http://${index}` } };
    await client.request("tools/call", opened);
    const expected = before.map((count, each) => count + (each <= index ? 1 : 0));
    await until("it hears of its page", () => heard()[index] === expected[index]);
    expect(heard(), "and nobody else").toEqual(expected);
  }
  await Promise.all(clients.map((client) => client.close()));
});

async function sessionOf(url: string): Promise<Record<string, string>> {
  const headers = {
    "content-type": "application/json",
    accept: "application/json, text/event-stream",
  };
  const params = {
    protocolVersion: "2025-06-18",
    capabilities: {},
    clientInfo: { name: "t", version: "1" },
  };
  const body = JSON.stringify({ jsonrpc: "2.0", id: 1, method: "initialize", params });
  const answer = await fetch(url, { method: "POST", headers, body });
  await answer.text();
  return { "mcp-session-id": answer.headers.get("mcp-session-id") ?? "" };
}
