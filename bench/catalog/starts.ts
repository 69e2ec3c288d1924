import { createInterface } from "node:readline";
import { setTimeout as wait } from "node:timers/promises";
import { FIRST_LIST } from "../first-list.ts";
import { RawClient } from "../gateway/client.ts";
import { type Program, startProgram } from "../gateway/peers.ts";
import { childrenOf, cpuMilliseconds } from "../gateway/process-figures.ts";
import { type Interval, medianWithInterval } from "../gateway/statistics.ts";
import { progress } from "../measure.ts";
import { type KnownHome, startBridge } from "./home.ts";

/** From the start of a process to its first whole list. */
export interface StartResult {
  readonly what: string;
  readonly ms: Interval;
  /** Processor time of the process until then. */
  readonly cpuMs: Interval;
  /** Processes that it had started by then; the most of all rounds. */
  readonly children: number;
}

interface Started {
  readonly ms: number;
  readonly cpuMs: number;
  readonly children: number;
}

/** What Node itself takes: the bound of what can be had. */
export const NODE_ALONE = "node alone";

/** Starts of a bridge that knows its servers, over both transports, and of nothing but Node. */
export async function measureStarts(home: KnownHome, port: number, starts: number) {
  const ways = {
    [NODE_ALONE]: startNode,
    "bridge, HTTP": () => startOverHttp(home, port),
    "bridge, stdio": () => startOverStdio(home),
  };
  const samples = new Map<string, Started[]>();
  for (let round = 0; round <= starts; round += 1) {
    progress(`starts, round ${round} of ${starts}`);
    for (const [what, start] of Object.entries(ways)) {
      const started = await start();
      // The first one fills the caches of the disk and of the compiler.
      if (round > 0) samples.set(what, [...(samples.get(what) ?? []), started]);
    }
  }
  return [...samples].map(
    ([what, started]): StartResult => ({
      what,
      ms: medianWithInterval(started.map(({ ms }) => ms)),
      cpuMs: medianWithInterval(started.map(({ cpuMs }) => cpuMs)),
      children: Math.max(...started.map(({ children }) => children)),
    }),
  );
}

async function startNode(): Promise<Started> {
  const from = performance.now();
  const { child, stop } = startProgram(["-e", "console.log(1); setTimeout(() => {}, 60_000)"]);
  await new Promise((resolve) => child.stdout?.once("data", resolve));
  const ms = performance.now() - from;
  const cpuMs = cpuMilliseconds(child.pid ?? 0);
  await stop();
  return { ms, cpuMs, children: 0 };
}

const LOOK_MS = 2;
const PATIENCE_MS = 30_000;

async function startOverHttp(home: KnownHome, port: number): Promise<Started> {
  const url = `http://127.0.0.1:${port}/mcp`;
  const from = performance.now();
  const program = startBridge(home);
  program.child.stdout?.resume();
  try {
    while (performance.now() - from < PATIENCE_MS) {
      const client = new RawClient(url, "modern");
      const names = await client.list().catch(notThereYet);
      client.close();
      if (names) return listed(names.length, home, { from, program });
      await wait(LOOK_MS);
    }
    throw new Error(`Nobody answered at ${url}.`);
  } finally {
    await program.stop();
  }
}

function notThereYet(error: NodeJS.ErrnoException): undefined {
  if (error.code !== "ECONNREFUSED") throw error;
}

/** As a host starts it: the questions stand in its input before it runs. */
async function startOverStdio(home: KnownHome): Promise<Started> {
  const from = performance.now();
  const program = startBridge(home, ["--stdio"]);
  const { stdin, stdout } = program.child;
  if (!stdin || !stdout) throw new Error("A program without pipes.");
  stdin.write(FIRST_LIST);
  try {
    for await (const line of createInterface({ input: stdout })) {
      const { id, result } = JSON.parse(line) as { id?: unknown; result?: { tools?: object[] } };
      if (id === 1) return listed(result?.tools?.length ?? 0, home, { from, program });
    }
    throw new Error("The bridge ended before it listed its tools.");
  } finally {
    await program.stop();
  }
}

function listed(
  count: number,
  { tools }: KnownHome,
  { from, program }: { readonly from: number; readonly program: Program },
): Started {
  const ms = performance.now() - from;
  const pid = program.child.pid ?? 0;
  const cpuMs = cpuMilliseconds(pid);
  if (count !== tools) throw new Error(`The first list held ${count} tools, not ${tools}.`);
  return { ms, cpuMs, children: childrenOf(pid) };
}
