import { once } from "node:events";
import { createServer, type Socket } from "node:net";
import { join } from "node:path";
import { type Clock, createLineSplitter, type JsonValue, parseJson } from "@trestle/protocol";
import type { Between, Exchange, Fault } from "./exchange.ts";
import { createMeddler, type Meddler } from "./meddler.ts";
import type { OpenPeer, Peer } from "./peers.ts";

export interface StdioBetween extends Between {
  readonly kill: () => void;
  /** What the bridge is to start in the place of the server. */
  readonly command: string;
  readonly args: readonly string[];
}

export interface StdioBetweenParts {
  readonly open: OpenPeer;
  readonly keep: (exchange: Exchange) => void;
  readonly clock: Clock;
  /** Where its socket may stand. */
  readonly folder: string;
}

/**
 * The process that the bridge starts hands everything to us. Its first line is its pid, so that it can die, too;
 * our last one is its exit code, behind a zero, which no message holds.
 */
const RELAY = `
const socket = require("node:net").connect(process.argv[1]);
socket.write(process.pid + "\\n");
process.stdin.pipe(socket);
let code = 0;
socket.on("data", (chunk) => {
  const end = chunk.indexOf(0);
  process.stdout.write(end === -1 ? chunk : chunk.subarray(0, end));
  if (end !== -1) code = Number(chunk.subarray(end + 1));
});
socket.on("error", () => process.exit(1));
socket.on("close", () => process.exit(code));
`;

const STDERR_KEPT = 2_000;
const LIST_CHANGED = '{"jsonrpc":"2.0","method":"notifications/tools/list_changed"}';

/** Stands between a bridge and a server that speaks in lines. Each start by the bridge is a life of the server. */
export async function openStdioBetween(parts: StdioBetweenParts): Promise<StdioBetween> {
  const meddler = createMeddler(parts.keep, parts.clock.now);
  const lives = new Set<Life>();
  let stderr = "";
  const path = addressIn(parts.folder);
  const server = createServer((socket) => {
    const life = startLife(socket, { ...parts, meddler, onStderr });
    lives.add(life);
    socket.once("close", () => lives.delete(life));
  });
  function onStderr(text: string): void {
    stderr = (stderr + text).slice(-STDERR_KEPT);
  }
  server.listen(path);
  await once(server, "listening");
  return {
    command: process.execPath,
    args: ["-e", RELAY, path],
    arm: meddler.arm,
    watch: meddler.watch,
    changeTools() {
      meddler.changeTools();
      for (const life of lives) life.tell(LIST_CHANGED);
    },
    kill() {
      for (const life of lives) life.kill();
    },
    stderr: () => stderr,
    async close() {
      for (const life of lives) life.kill();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** Windows has no sockets in folders. */
function addressIn(folder: string): string {
  return process.platform === "win32"
    ? join("\\\\?\\pipe", folder, "between")
    : join(folder, "between.sock");
}

interface Life {
  tell(line: string): void;
  kill(): void;
}

interface LifeParts extends StdioBetweenParts {
  readonly meddler: Meddler;
  readonly onStderr: (text: string) => void;
}

function startLife(socket: Socket, { open, clock, meddler, onStderr }: LifeParts): Life {
  const splitter = createLineSplitter();
  const late = new Map<JsonValue, Fate>();
  let pid: number | undefined;

  function tell(line: string): void {
    if (!socket.destroyed) socket.write(`${line}\n`);
  }

  function fromServer(line: string): void {
    const message = messageIn(line);
    const changed = message === undefined ? undefined : meddler.answered(message);
    const id = idOf(message);
    const fate = id === undefined ? undefined : late.get(id);
    if (id !== undefined) late.delete(id);
    const text = changed === undefined ? line : JSON.stringify(changed);
    if (fate === undefined) tell(text);
    else if (fate === "garbage") tell("Segmentation fault? No: a word on the wrong stream");
    else if (fate !== "lost") clock.after(fate, () => tell(text));
  }

  function fromBridge(line: string): void {
    const message = messageIn(line);
    const fault = message === undefined ? undefined : meddler.asked(message);
    const id = idOf(message);
    if (fault !== undefined && id !== undefined) late.set(id, fateOf(fault));
    peer.send(line);
    if (fault?.kind === "kill") kill();
  }

  function finish(code = 0): void {
    socket.end(`\0${code}`);
  }

  function kill(): void {
    // What the bridge started dies as the server does, and at the same moment.
    if (pid !== undefined) killProcess(pid);
    peer.kill();
    socket.destroy();
  }

  const peer: Peer = open({ onLine: fromServer, onStderr, onEnd: finish });
  socket.on("error", () => {});
  socket.on("data", (chunk: Buffer) => {
    for (const line of splitter.push(chunk).lines) {
      if (pid === undefined) pid = Number(line);
      else fromBridge(line);
    }
  });
  socket.once("end", () => peer.end());
  socket.once("close", () => peer.end());
  return { tell, kill };
}

/** Of an answer: so many milliseconds late, or what comes in its place. */
type Fate = number | "lost" | "garbage";

function fateOf(fault: Fault): Fate {
  if (fault.kind === "delay") return fault.ms;
  return fault.kind === "garbage" ? "garbage" : "lost";
}

function killProcess(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch {
    // Gone already.
  }
}

function idOf(message: JsonValue | undefined): JsonValue | undefined {
  return typeof message === "object" && message !== null && !Array.isArray(message)
    ? message.id
    : undefined;
}

function messageIn(line: string): JsonValue | undefined {
  try {
    return parseJson(line);
  } catch {
    return undefined;
  }
}
