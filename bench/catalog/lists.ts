import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { type Era, RawClient } from "../gateway/client.ts";
import { firstUrl, startProgram } from "../gateway/peers.ts";
import { childrenOf } from "../gateway/process-figures.ts";
import { type Interval, medianWithInterval, quantile } from "../gateway/statistics.ts";
import { type KnownHome, startBridge } from "./home.ts";

const floorFile = fileURLToPath(new URL("./floor.ts", import.meta.url));

/** Lists one after the other, as a client waits for them. */
export interface ListResult {
  readonly what: string;
  readonly p50: Interval;
  readonly p99: Interval;
  /** Of the text that came. */
  readonly bytes: number;
  /** Processes that were running afterwards. */
  readonly children: number;
}

/** Asks for the list and gives back its text. */
type Ask = () => Promise<string>;

interface Way {
  readonly what: string;
  readonly ask: Ask;
  readonly pid: number;
}

export interface Amount {
  readonly rounds: number;
  /** Lists per round. */
  readonly lists: number;
}

/** What a ready answer costs over the same transport, measured beside it. */
export const FLOOR = "floor: ready bytes, HTTP";

export async function measureLists(home: KnownHome, amount: Amount): Promise<ListResult[]> {
  const http = startBridge(home);
  const url = await firstUrl(http.child, "the bridge");
  const floor = await startFloor(home, url);
  try {
    const pid = http.child.pid ?? 0;
    const ways = [
      { what: FLOOR, ask: floor.ask, pid: 0 },
      { what: "bridge, HTTP, modern", ask: await askerOf(url, "modern"), pid },
      { what: "bridge, HTTP, legacy", ask: await askerOf(url, "legacy"), pid },
    ];
    return await measureWays(ways, amount);
  } finally {
    await floor.stop();
    await http.stop();
  }
}

/** Its own client and its bridge, so that no relay stands between them. */
export async function measureStdioLists(home: KnownHome, amount: Amount): Promise<ListResult[]> {
  const program = startBridge(home, ["--stdio"]);
  try {
    const ask = stdioAskerOf(program.child);
    await ask();
    return await measureWays([{ what: "bridge, stdio", ask, pid: program.child.pid ?? 0 }], amount);
  } finally {
    await program.stop();
  }
}

async function measureWays(ways: readonly Way[], { rounds, lists }: Amount): Promise<ListResult[]> {
  const figures = new Map<Way, { p50: number; p99: number; bytes: number }[]>();
  for (let round = 0; round <= rounds; round += 1) {
    for (const way of ways) {
      const figure = await measureOne(way.ask, lists);
      if (round > 0) figures.set(way, [...(figures.get(way) ?? []), figure]);
    }
  }
  return [...figures].map(([{ what, pid }, each]) => ({
    what,
    p50: medianWithInterval(each.map(({ p50 }) => p50)),
    p99: medianWithInterval(each.map(({ p99 }) => p99)),
    bytes: each[0]?.bytes ?? 0,
    children: pid === 0 ? 0 : childrenOf(pid),
  }));
}

async function measureOne(ask: Ask, lists: number) {
  const times = new Float64Array(lists);
  let bytes = 0;
  for (let index = 0; index < lists; index += 1) {
    const from = performance.now();
    const text = await ask();
    times[index] = performance.now() - from;
    bytes = text.length;
  }
  times.sort();
  return { p50: quantile(times, 0.5), p99: quantile(times, 0.99), bytes };
}

async function askerOf(url: string, era: Era): Promise<Ask> {
  const client = new RawClient(url, era);
  await client.open();
  return () => client.listText();
}

/** The same list from a server that does nothing but hand it over. */
async function startFloor({ folder }: KnownHome, url: string) {
  const list = join(folder, "list.json");
  const ready = await askerOf(url, "modern");
  writeFileSync(list, await ready());
  const { child, stop } = startProgram([floorFile, list]);
  return { ask: await askerOf(await firstUrl(child, "the floor"), "modern"), stop };
}

function stdioAskerOf({ stdin, stdout }: ReturnType<typeof startBridge>["child"]): Ask {
  if (!stdin || !stdout) throw new Error("A program without pipes.");
  const waiting: ((line: string) => void)[] = [];
  createInterface({ input: stdout }).on("line", (line) => waiting.shift()?.(line));
  const say = (message: object) =>
    void stdin.write(`${JSON.stringify({ jsonrpc: "2.0", ...message })}\n`);
  const answer = () => new Promise<string>((resolve) => waiting.push(resolve));
  const clientInfo = { name: "bench", version: "1.0.0" };
  let id = 0;
  say({
    ...{ id, method: "initialize" },
    params: { protocolVersion: "2025-11-25", capabilities: {}, clientInfo },
  });
  void answer().then(() => say({ method: "notifications/initialized" }));
  return () => {
    id += 1;
    say({ id, method: "tools/list", params: {} });
    return answer();
  };
}
