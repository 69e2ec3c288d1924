import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { attemptsIn, faultyCommand } from "@trestle/testkit";
import { expect, test } from "vitest";
import { ms, report } from "./_measure.ts";
import { callByHttp, serveStdio } from "./_peer.ts";
import { createPlace, type Place, serve } from "./_place.ts";
import {
  childrenOf,
  commandOf,
  isAlive,
  kill,
  openChannels,
  processesWith,
  until,
} from "./_processes.ts";
import { effectsOf, entry, executionsOf, serversOf } from "./_upstreams.ts";

const RESTARTS = 50;
/** Many, each killed twice: one that keeps dying is started ever later. */
const SERVERS = 25;

function placeWithTwo(...flags: string[]): Place {
  const place = createPlace();
  place.configure({
    mcpServers: { one: entry(place, "one", ...flags), two: entry(place, "two", ...flags) },
  });
  return place;
}

test("killing a server fails its calls within a second, and nobody else's", async () => {
  const place = placeWithTwo();
  const { peer } = await serveStdio(place, "modern");
  await peer.request("tools/list");
  const hit = peer.call("one__write", { key: "hit", beforeMs: 60_000 });
  const untouched = peer.call("two__write", { key: "untouched", until: "enough" });
  await until("both run", () => startedKeys(place).length === 2);
  const killedAt = performance.now();
  for (const pid of serversOf(place, "one")) kill(pid);
  const { error } = await hit;
  const failedInMs = performance.now() - killedAt;
  expect(error?.message).toMatch(/Upstream "one" was ended by SIGKILL/);
  expect(error?.message).toMatch(/Check with a read before you repeat it/);
  expect(error?.data).toMatchObject({ code: "outcome_unknown", details: { upstream: "one" } });
  expect(failedInMs).toBeLessThan(1_000);

  const next = await peer.call("one__write", { key: "next" });
  const backInMs = performance.now() - killedAt;
  expect(next.error).toBeUndefined();
  writeFileSync(join(place.root, "enough"), "");
  expect((await untouched).error).toBeUndefined();
  expect(effectsOf(place).toSorted()).toEqual(["next", "untouched"]);
  report(`server killed: error after ${ms(failedInMs)}, next call answered after ${ms(backInMs)}`);
});

test("nobody sees that a server was killed during a read", async () => {
  const place = createPlace();
  const names = ["a", "b", "c"];
  const { root } = place;
  const entries = names.map((name) => [name, faultyCommand({ root, name })]);
  place.configure({ mcpServers: Object.fromEntries(entries) });
  const { url } = await serve(place);
  const healedInMs: number[] = [];
  for (const name of names) {
    const hit = callByHttp(url, `${name}__read`, { key: name, faults: ["hang"] });
    await until("the server works on it", () => attemptsIn(root, name).length === 1);
    const killedAt = performance.now();
    for (const pid of processesWith(`--root=${root} --name=${name}`)) kill(pid);
    const { answer } = await hit;
    healedInMs.push(performance.now() - killedAt);
    expect(answer.result).toMatchObject({
      structuredContent: { key: name },
      _meta: { "trestle/call": { retry_count: 1 } },
    });
  }
  report(`server killed during a read: answered ${healedInMs.map(ms).join(", ")} after the kill`);
  expect(Math.min(...healedInMs)).toBeLessThan(3_000);
});

test("fifty restarts leave no process and no file descriptor behind", {
  timeout: 120_000,
}, async () => {
  const place = createPlace();
  const names = Array.from({ length: SERVERS }, (_, index) => `s${index}`);
  place.configure({
    mcpServers: Object.fromEntries(names.map((name) => [name, entry(place, name)])),
  });
  const { pid, peer } = await serveStdio(place, "modern");
  await peer.request("tools/list");
  // The first death opens what stays open from then on.
  await restart("s0");
  const channels = openChannels(pid);
  const children = childrenOf(pid).map(commandOf).toSorted();
  const started = performance.now();
  await Promise.all(
    names.map(async (name) => {
      for (let count = 0; count < RESTARTS / SERVERS; count += 1) await restart(name);
    }),
  );
  const tookMs = performance.now() - started;
  await until(
    "no more pipes and sockets are open than before",
    () => openChannels(pid) <= channels,
  );
  expect(childrenOf(pid).map(commandOf).toSorted()).toEqual(children);
  report(
    `${RESTARTS} restarts in ${ms(tookMs)}: ${channels} → ${openChannels(pid)} open pipes and sockets, ${children.length} children`,
  );

  /** A server that keeps dying is started ever later, so the call is repeated until it is back. */
  async function restart(name: string): Promise<void> {
    const [server = 0] = serversOf(place, name);
    kill(server);
    const back = async (): Promise<boolean> =>
      (await peer.call(`${name}__read`)).error === undefined &&
      !serversOf(place, name).includes(server);
    await until(`${name} is back`, back, 30_000);
  }
});

test("a killed bridge leaves nothing running after 5 s, though its servers ignore the end of input and SIGTERM", async () => {
  const place = placeWithTwo("--stubborn");
  const { pid, peer } = await serveStdio(place, "modern");
  await peer.request("tools/list");
  const children = childrenOf(pid);
  expect(children).toHaveLength(3);
  kill(pid);
  const goneInMs = await until(
    "everything is gone",
    () => processesWith(place.root).length === 0 && !children.some(isAlive),
    5_000,
  );
  report(`bridge killed: stubborn servers and watchdog gone after ${ms(goneInMs)}`);
});

test("what even the watchdog missed is ended at the next start", async () => {
  const place = placeWithTwo("--stubborn");
  const { pid, peer, ended } = await serveStdio(place, "modern");
  await peer.request("tools/list");
  const orphans = [...serversOf(place, "one"), ...serversOf(place, "two")];
  expect(orphans).toHaveLength(2);
  process.kill(pid, "SIGSTOP"); // so that it cannot start another watchdog
  const watchers = childrenOf(pid).filter((child) => !orphans.includes(child));
  expect(watchers).toHaveLength(1);
  for (const watcher of watchers) kill(watcher);
  kill(pid);
  await ended;
  await until("nobody is left who would end them", () => !watchers.some(isAlive));
  expect(orphans.every(isAlive)).toBe(true);

  const started = performance.now();
  const next = await serveStdio(place, "legacy");
  await next.peer.request("tools/list");
  expect(orphans.some(isAlive)).toBe(false);
  expect((await next.peer.call("one__read")).error).toBeUndefined();
  expect((await next.peer.call("two__read")).error).toBeUndefined();
  expect(serversOf(place, "one")).toHaveLength(1);
  report(
    `orphans of a killed watchdog: next bridge lists after ${ms(performance.now() - started)}`,
  );
});

function startedKeys(place: Place): (string | undefined)[] {
  return executionsOf(place)
    .filter(({ outcome }) => outcome === "started")
    .map(({ key }) => key);
}
