import { spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { setTimeout as wait } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { installScratch } from "@trestle/testkit/scratch-install";
import { createHome, echoEntry, serveIn } from "../gateway/bridge.ts";
import { RawClient } from "../gateway/client.ts";
import { bridgeProgram, type Variant } from "../gateway/installation.ts";
import { echoFile, freePort, type Peer } from "../gateway/peers.ts";
import { progress } from "../measure.ts";
import { kill, processesOf } from "./processes.ts";

/** A gateway that can be started in front of an echo server that it starts itself, over stdio. */
export interface Gateway {
  readonly name: string;
  /** What stands before the name of an upstream's tool there. */
  readonly prefix: string;
  /** What Node is started with; whatever it writes belongs into its home. */
  args(home: string, port: number): readonly string[];
}

export interface RunningGateway extends Peer {
  readonly home: string;
  /** From the start of the process to the first list with the tool in it. */
  readonly startMs: number;
}

const versions = JSON.parse(
  readFileSync(fileURLToPath(new URL("../peers.json", import.meta.url)), "utf8"),
) as Record<string, string>;

/** How each of the pinned ones is started as its README says, with one program behind it. */
const COMMANDS: Readonly<Record<string, Omit<Gateway, "name">>> = {
  "mcp-proxy": {
    prefix: "",
    args: (_home, port) => [
      ...["--port", String(port), "--host", "127.0.0.1"],
      ...["--", process.execPath, echoFile],
    ],
  },
  mcporter: {
    prefix: "echo__",
    args: (home, port) => {
      const config = join(home, "mcporter.json");
      const echo = { command: process.execPath, args: [echoFile], lifecycle: "keep-alive" };
      writeFileSync(config, JSON.stringify({ mcpServers: { echo } }));
      return ["--config", config, "serve", "--http", String(port)];
    },
  },
  supergateway: {
    prefix: "",
    args: (_home, port) => [
      ...["--stdio", `${process.execPath} ${echoFile}`, "--outputTransport", "streamableHttp"],
      ...["--stateful", "--port", String(port), "--logLevel", "none"],
    ],
  },
};

/** The bridge with every policy on, and the others in their pinned versions, installed where they are not yet. */
export async function findGateways(variant: Variant): Promise<readonly Gateway[]> {
  const ours: Gateway = {
    name: "bridge",
    prefix: "echo__",
    args(home, port) {
      const made = createHome({ echo: echoEntry("stdio", echoFile) }, { port });
      process.once("exit", () => rmSync(made, { recursive: true, force: true }));
      mkdirSync(join(home, ".trestle"), { recursive: true });
      return [bridgeProgram(variant), ...serveIn(made)];
    },
  };
  const others: Gateway[] = [];
  for (const [name, version] of Object.entries(versions)) {
    const command = COMMANDS[name];
    if (command === undefined) throw new Error(`Nothing says how ${name} is started.`);
    const folder = await installScratch({ dependencies: { [name]: version } }, () =>
      progress(`${name} ${version} is installed`),
    );
    const bin = join(folder, "node_modules", ".bin", name);
    const args: Gateway["args"] = (home, port) => [bin, ...command.args(home, port)];
    others.push({ ...command, name: `${name} ${version}`, args });
  }
  return [ours, ...others];
}

const PATIENCE_MS = 60_000;
const LOOK_MS = 5;

/** Starts a gateway in a home of its own, and waits until it lists the tool. */
export async function startGateway(gateway: Gateway): Promise<RunningGateway> {
  const home = mkdtempSync(join(tmpdir(), "trestle-peer-"));
  const port = await freePort();
  const args = gateway.args(home, port);
  const from = performance.now();
  const env = { PATH: process.env.PATH, HOME: home };
  const child = spawn(process.execPath, args, {
    cwd: home,
    env,
    stdio: ["pipe", "ignore", "ignore"],
  });
  const url = `http://127.0.0.1:${port}/mcp`;
  const name = `${gateway.prefix}echo`;
  while (!(await lists(url, name))) {
    const isLate = performance.now() - from > PATIENCE_MS;
    if (isLate || child.exitCode !== null) throw new Error(`${gateway.name} lists no ${name}.`);
    await wait(LOOK_MS);
  }
  return {
    ...{ name: gateway.name, prefix: gateway.prefix, url, pid: child.pid ?? 0, home },
    startMs: performance.now() - from,
    sent: new Map(),
    async stop() {
      child.kill("SIGTERM");
      const { gateway: own, servers } = processesOf(home);
      kill([...own, ...servers]);
      rmSync(home, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 });
    },
  };
}

async function lists(url: string, tool: string): Promise<boolean> {
  const client = new RawClient(url, "legacy");
  try {
    await client.open();
    return (await client.list()).includes(tool);
  } catch {
    return false;
  } finally {
    client.close();
  }
}
