import { rmSync } from "node:fs";
import { createInterface } from "node:readline";
import { setTimeout as wait } from "node:timers/promises";
import { progress } from "../measure.ts";
import { createHome, echoEntry, serveIn } from "./bridge.ts";
import { RawClient } from "./client.ts";
import { bridgeProgram, type Variant } from "./installation.ts";
import {
  echoFile,
  freePort,
  type Program,
  startFloor,
  startProgram,
  startSdkProxy,
} from "./peers.ts";
import { childrenOf } from "./process-figures.ts";
import { type Interval, medianWithInterval } from "./statistics.ts";

/** From the start of a process to its first list with every tool in it. */
export interface StartResult {
  readonly what: string;
  readonly upstreams: number;
  readonly ms: Interval;
  /** Processes that it had started by then; the most of all rounds. */
  readonly children: number;
}

interface Started {
  readonly ms: number;
  readonly children: number;
}

/** Tools of one echo server. */
const TOOLS = 3;
export const MANY = 20;

interface Place {
  readonly variant: Variant;
  readonly home: string;
  readonly port: number;
  readonly upstreams: number;
}

/** Starts with one stdio server and with twenty; `servers alone` are started and asked by nobody in between. */
export async function measureStarts(variant: Variant, starts: number): Promise<StartResult[]> {
  const samples = new Map<string, Started[]>();
  const take = async (upstreams: number, what: string, started: Promise<Started>) => {
    const key = `${upstreams} ${what}`;
    samples.set(key, [...(samples.get(key) ?? []), await started]);
  };
  for (let round = 0; round < starts; round += 1) {
    progress(`starts, round ${round + 1} of ${starts}`);
    await take(1, "floor", startOf(startFloor));
    await take(1, "sdk-proxy", startOf(startSdkProxy));
    for (const upstreams of [1, MANY]) {
      await take(upstreams, "servers alone", startServersAlone(upstreams));
      const port = await freePort();
      const home = createHome(entries(upstreams), { port });
      try {
        for (const [what, start] of ofBridge) {
          await take(upstreams, what, start({ variant, home, port, upstreams }));
        }
      } finally {
        rmSync(home, { recursive: true, force: true });
      }
    }
  }
  return [...samples].map(([key, started]) => ({
    what: key.slice(key.indexOf(" ") + 1),
    upstreams: Number.parseInt(key, 10),
    ms: medianWithInterval(started.map(({ ms }) => ms)),
    children: Math.max(...started.map(({ children }) => children)),
  }));
}

const FIRST_START = "bridge, new home";
export const NEXT_START = "bridge, known home";

/** In this order: the first one finds an empty home, the others what it left there. */
const ofBridge = [
  [FIRST_START, startOverHttp],
  [NEXT_START, startOverHttp],
  ["bridge, known home, --stdio", startOverStdio],
] as const;

function entries(upstreams: number): Record<string, object> {
  const names = Array.from({ length: upstreams }, (_, index) => `echo${index}`);
  return Object.fromEntries(names.map((name) => [name, echoEntry("stdio", echoFile)]));
}

async function startOf(start: typeof startFloor): Promise<Started> {
  const from = performance.now();
  const peer = await start("stdio");
  const started = await firstList(peer.url, TOOLS, from, peer.pid);
  await peer.stop();
  return started;
}

async function startOverHttp({ variant, home, port, upstreams }: Place): Promise<Started> {
  const from = performance.now();
  const program = startProgram([bridgeProgram(variant), ...serveIn(home)], { TRESTLE_HOME: home });
  program.child.stdout?.resume();
  try {
    const url = `http://127.0.0.1:${port}/mcp`;
    return await firstList(url, TOOLS * upstreams, from, program.child.pid ?? 0);
  } finally {
    await program.stop();
  }
}

/** As a host starts it: the questions stand in its input before it runs. */
async function startOverStdio({ variant, home, upstreams }: Place): Promise<Started> {
  const from = performance.now();
  const args = [bridgeProgram(variant), ...serveIn(home), "--stdio"];
  const program = startProgram(args, { TRESTLE_HOME: home });
  try {
    await listOverStdio(program, TOOLS * upstreams);
    return { ms: performance.now() - from, children: childrenOf(program.child.pid ?? 0) };
  } finally {
    await program.stop();
  }
}

async function startServersAlone(upstreams: number): Promise<Started> {
  const from = performance.now();
  const programs = Array.from({ length: upstreams }, () => startProgram([echoFile]));
  await Promise.all(programs.map((program) => listOverStdio(program, TOOLS)));
  const ms = performance.now() - from;
  await Promise.all(programs.map((program) => program.stop()));
  return { ms, children: upstreams };
}

/** Between two looks; a start takes some hundred of them. */
const LOOK_MS = 2;
const PATIENCE_MS = 30_000;

/** Asks until somebody listens and the list is whole. */
async function firstList(url: string, tools: number, from: number, pid: number): Promise<Started> {
  while (performance.now() - from < PATIENCE_MS) {
    const client = new RawClient(url, "modern");
    const names = await client.list().catch(notThereYet);
    client.close();
    if (toolsIn(names) === tools) {
      return { ms: performance.now() - from, children: childrenOf(pid) };
    }
    await wait(LOOK_MS);
  }
  throw new Error(`${url} listed no ${tools} tools within ${PATIENCE_MS / 1_000} s.`);
}

function notThereYet(error: NodeJS.ErrnoException): string[] {
  if (error.code === "ECONNREFUSED") return [];
  throw error;
}

function toolsIn(names: readonly string[]): number {
  return names.filter((name) => /(^|__)(echo|page|count)$/.test(name)).length;
}

const handshake = [
  {
    id: 0,
    method: "initialize",
    params: {
      protocolVersion: "2025-11-25",
      capabilities: {},
      clientInfo: { name: "bench", version: "1.0.0" },
    },
  },
  { method: "notifications/initialized" },
];
const list = { id: 1, method: "tools/list", params: {} };

interface ListAnswer {
  readonly id?: unknown;
  readonly result?: { readonly tools?: readonly { readonly name: string }[] };
}

async function listOverStdio({ child }: Program, tools: number): Promise<void> {
  const { stdin, stdout } = child;
  if (!stdin || !stdout) throw new Error("A program without pipes.");
  const say = (message: object) =>
    void stdin.write(`${JSON.stringify({ jsonrpc: "2.0", ...message })}\n`);
  for (const message of [...handshake, list]) say(message);
  for await (const line of createInterface({ input: stdout })) {
    const { id, result } = JSON.parse(line) as ListAnswer;
    if (id !== list.id) continue;
    if (toolsIn((result?.tools ?? []).map(({ name }) => name)) === tools) return;
    await wait(LOOK_MS);
    say(list);
  }
  throw new Error("A program ended before it listed its tools.");
}
