import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { JsonObject } from "@trestle/protocol";
import { expect, test } from "vitest";
import { lister, placeOf, runOnce, savedFile, toldOfTools } from "./_listers.ts";
import { ms, report } from "./_measure.ts";
import { callByHttp, listNames, serveStdio } from "./_peer.ts";
import { type Place, run, serve, textOf } from "./_place.ts";
import { until } from "./_processes.ts";

test("a dead server and a slow one never delay the good ones", { timeout: 60_000 }, async () => {
  const place = placeOf({ good: [], dead: ["--dead-while=/"], slow: ["--after=8000"] });
  const first = await serveStdio(place, "legacy");
  const unknownMs = await took(() => listNames(first.peer));
  expect(await listNames(first.peer)).toEqual(["good__read", "good__write"]);
  expect(unknownMs, "though nothing is known of the slow one").toBeLessThan(5_000);
  expect(await took(() => first.peer.call("good__read"))).toBeLessThan(5_000);
  await until("the slow one is there", async () => (await listNames(first.peer)).length === 4);
  expect(toldOfTools(first.peer)).toBeGreaterThan(0);
  await until("it is saved", () => textOf(savedFile(place, "slow")) !== "");
  first.process.stdin.end();
  await first.ended;

  const { peer } = await serveStdio(place, "legacy");
  const knownMs = await took(async () => expect(await listNames(peer)).toHaveLength(4));
  const calledMs = await took(() => peer.call("good__read"));
  report(
    `a dead and a slow server: first list ${ms(unknownMs)}, at the next start ${ms(knownMs)}; first call of a good one ${ms(calledMs)}`,
  );
  expect(calledMs).toBeLessThan(5_000);
});

async function took(work: () => Promise<unknown>): Promise<number> {
  const started = performance.now();
  await work();
  return performance.now() - started;
}

test("a server that is down is marked, its last list stays, and it heals", async () => {
  const gate = (place: Place): string => join(place.root, "down");
  const place = placeOf({ one: [], two: [] });
  const entry = lister(place, "one", `--dead-while=${gate(place)}`);
  place.configure({ mcpServers: { one: entry, two: lister(place, "two") } });
  await runOnce(place, "one", "two");
  writeFileSync(gate(place), "");

  const { url } = await serve(place);
  const names = async (): Promise<unknown> => {
    const { tools } = await ask(url, "tools");
    return (tools as JsonObject[]).map(({ name }) => name).filter((name) => !isOwn(name));
  };
  expect(await stateOf(url, "one")).toMatchObject({ lists_from: "earlier run", degraded: false });
  const { answer } = await callByHttp(url, "one__read");
  expect(answer.error?.message).toMatch(/cannot go on: no database/);
  expect(await stateOf(url, "one")).toMatchObject({ degraded: true, tools: 2, state: "failed" });
  expect(await stateOf(url, "two")).toMatchObject({ degraded: false });
  const health = await ask(url, "health");
  expect(health).toMatchObject({ status: "degraded" });
  expect(health.servers).toMatchObject([
    { id: "one", degraded: true },
    { id: "two", degraded: false },
  ]);
  expect(await names()).toEqual(["one__read", "one__write", "two__read", "two__write"]);
  const { stdout } = await run(place, ["status"]);
  expect(stdout).toMatch(/one +stdio +2 tools +DEGRADED, its last list is served: .*no database/);

  rmSync(gate(place));
  await until("it heals", async () => {
    const again = await callByHttp(url, "one__read");
    return again.answer.error === undefined;
  });
  expect(await stateOf(url, "one")).toMatchObject({ lists_from: "server", degraded: false });
});

/** What the bridge says at `/api/mcp/PAGE`. */
async function ask(url: string, page: string): Promise<JsonObject> {
  const response = await fetch(url.replace(/mcp$/, `api/mcp/${page}`));
  return ((await response.json()) as { data: JsonObject }).data;
}

function isOwn(name: unknown): boolean {
  return String(name).startsWith("bridge__");
}

async function stateOf(url: string, id: string): Promise<JsonObject | undefined> {
  const { servers } = await ask(url, "servers");
  return (servers as JsonObject[]).find((server) => server.id === id);
}
