import type { AddressInfo } from "node:net";
import { createServer } from "node:net";
import { join } from "node:path";
import { ownFolder } from "@trestle/store";
import { expect, test } from "vitest";
import { askOwner, writeLine } from "../src/inbound/control.ts";
import { ms, report } from "./_measure.ts";
import { callByHttp, listNames, serveStdio } from "./_peer.ts";
import { createPlace, type Place, type Program, run, serve, start } from "./_place.ts";
import { isAlive, kill, openFiles, processesWith, until } from "./_processes.ts";
import { entry, executionsOf, serversOf } from "./_upstreams.ts";

function placeWithOne(...flags: string[]): Place {
  const place = createPlace();
  place.configure({ mcpServers: { one: entry(place, "one", ...flags) } });
  return place;
}

test("a bridge answers soon after its start", async () => {
  const place = placeWithOne();
  const { url, startedInMs } = await serve(place);
  expect((await callByHttp(url, "one__read")).answer.error).toBeUndefined();
  // A second on an idle machine; a busy one takes several times as long.
  expect(startedInMs).toBeLessThan(8_000);
  report(`serve with one server prints its block after ${ms(startedInMs)}`);
});

test("a second serve of one home says where the first is and ends", async () => {
  const place = placeWithOne();
  const { url, pid } = await serve(place);
  const second = await run(place, ["serve", "--port", "0"]);
  expect(second.code).toBe(1);
  expect(second.stdout).toContain(`already runs: ${url} (pid ${pid})`);
  expect((await callByHttp(url, "one__read")).answer.error).toBeUndefined();
  expect(serversOf(place, "one")).toHaveLength(1);
});

test("serve beside a stdio bridge has it listen, and takes over at the same address when it dies", async () => {
  const place = placeWithOne();
  const owner = await serveStdio(place, "modern");
  const standby = start(place, ["serve", "--port", "0"]);
  const url = await listeningUrl(standby);
  expect((await callByHttp(url, "one__read")).answer.error).toBeUndefined();
  const third = await run(place, ["serve"]);
  expect(third.code).toBe(1);
  expect(third.stdout).toContain(url);

  kill(owner.pid);
  const killedAt = performance.now();
  await until("the address answers again", () => answers(url));
  report(`standby took over after ${ms(performance.now() - killedAt)}`);
  expect(isAlive(standby.pid)).toBe(true);
  await until("it says that it runs", () => standby.stdout().includes("Trestle is running"));
  expect(standby.stdout().match(/now listens at/g)).toHaveLength(1);
  expect(serversOf(place, "one")).toHaveLength(1);
  process.kill(standby.pid, "SIGTERM");
  expect(await standby.ended).toBe(0);
  expect(processesWith(place.root)).toEqual([]);
});

test("HTTP that a standby asked for ends with it, and the stdio client goes on", async () => {
  const place = placeWithOne();
  const owner = await serveStdio(place, "legacy");
  const standby = start(place, ["serve", "--port", "0"]);
  const url = await listeningUrl(standby);
  process.kill(standby.pid, "SIGINT");
  expect(await standby.ended).toBe(0);
  await until("nobody listens", async () => !(await answers(url)));
  expect((await owner.peer.call("one__read")).error).toBeUndefined();
  expect((await run(place, ["status"])).stdout).toContain("stdio only");
});

test("a port in use is told with what to do, and nothing stays behind", async () => {
  const place = placeWithOne();
  const other = createServer().listen(0, "127.0.0.1");
  await new Promise((resolve) => other.once("listening", resolve));
  const { port } = other.address() as AddressInfo;
  const { code, stderr } = await run(place, ["serve", "--port", String(port)]);
  other.close();
  expect(code).toBe(69);
  expect(stderr).toMatch(new RegExp(`Port ${port} of 127.0.0.1 is used .* --port`));
  expect(processesWith(place.root)).toEqual([]);
});

const leavings: readonly [string, (program: Program) => void][] = [
  ["closes its stdin", ({ process }) => void process.stdin.end()],
  ["keeps its stdin open and sends SIGTERM", ({ process }) => void process.kill("SIGTERM")],
];

test.each(leavings)("a stdio host that %s ends everything", async (way, leave) => {
  const place = placeWithOne("--stubborn");
  const owner = await serveStdio(place, "modern");
  await listNames(owner.peer);
  const started = performance.now();
  leave(owner);
  expect(await owner.ended).toBe(0);
  const tookMs = performance.now() - started;
  expect(processesWith(place.root)).toEqual([]);
  expect(tookMs).toBeLessThan(3_000);
  report(`host ${way}: everything gone after ${ms(tookMs)}`);
});

test("what runs for a host that left is given up at once", async () => {
  const place = placeWithOne();
  const owner = await serveStdio(place, "modern");
  await listNames(owner.peer);
  void owner.peer.call("one__write", { key: "left", beforeMs: 20_000 });
  await until("the write runs", () => executionsOf(place).length === 1);
  const started = performance.now();
  owner.process.stdin.end();
  expect(await owner.ended).toBe(0);
  expect(performance.now() - started).toBeLessThan(2_000);
  expect(executionsOf(place)).toMatchObject([{ key: "left", outcome: "outcome_unknown" }]);
});

test.each(leavings)(
  "the host of a joined bridge that %s ends only that one",
  async (_way, leave) => {
    const place = placeWithOne();
    const owner = await serveStdio(place, "modern");
    const joined = await serveStdio(place, "legacy");
    expect(await listNames(joined.peer)).toHaveLength(5);
    leave(joined);
    expect(await joined.ended).toBe(0);
    expect((await owner.peer.call("one__read")).error).toBeUndefined();
    expect(serversOf(place, "one")).toHaveLength(1);
  },
);

test("tools and call use the bridge that runs, and leave nothing behind where none does", async () => {
  const place = placeWithOne();
  const alone = await run(place, ["call", "one.read", '{"text":"alone"}']);
  expect([alone.code, alone.stdout]).toEqual([0, "alone\n"]);
  expect(processesWith(place.root)).toEqual([]);
  await serve(place);
  const joined = await run(place, ["call", "one.read", '{"text":"joined"}']);
  expect([joined.code, joined.stdout]).toEqual([0, "joined\n"]);
  const before = serversOf(place, "one");
  expect(before).toHaveLength(1);
  expect((await run(place, ["tools"])).stdout.split("\n")).toHaveLength(6);
  expect(serversOf(place, "one")).toEqual(before);
  report(`call: alone ${ms(alone.tookMs)}, through a running bridge ${ms(joined.tookMs)}`);
});

test("joiners come and go without a trace, whatever they say", async () => {
  const place = placeWithOne();
  const { pid, peer } = await serveStdio(place, "modern");
  await listNames(peer);
  const path = join(place.home, "bridge");
  await joinOften(path, 10);
  const before = openFiles(pid);
  await joinOften(path, JOINERS);
  await until("no more files are open than before", () => openFiles(pid) <= before);
  expect((await peer.call("one__read")).error).toBeUndefined();
  report(`${JOINERS} joiners: ${before} → ${openFiles(pid)} open files`);
});

const JOINERS = 200;

/** One asks and leaves, one says nothing, one talks nonsense, one leaves in the middle of a call. */
async function joinOften(path: string, times: number): Promise<void> {
  for (let count = 0; count < times; count += 1) {
    const joined = await ownFolder({ path, onJoin: (socket) => socket.destroy() });
    if (joined.role === "owner") throw new Error("The bridge is gone");
    const { socket } = joined;
    if (count % 4 === 0) await askOwner(socket, { do: "status" });
    if (count % 4 === 1) socket.write("what is this\n");
    if (count % 4 === 2) {
      const call = { method: "tools/call", params: { name: "one__read", arguments: SLOW } };
      writeLine(socket, { trestle: 1, want: "control" });
      writeLine(socket, { id: 1, ask: { do: "request", ...call } });
    }
    await joined.close();
  }
}

const SLOW = { beforeMs: 60_000 };

async function listeningUrl(standby: Program): Promise<string> {
  await until("the stdio bridge listens", () => standby.stdout().includes("now listens at"));
  return /now listens at (\S+)\./.exec(standby.stdout())?.[1] ?? "";
}

function answers(url: string): Promise<boolean> {
  return callByHttp(url, "one__read").then(
    ({ answer }) => answer.error === undefined,
    () => false,
  );
}
