import type { ChildProcess } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { bridgeProgram, type Variant } from "./installation.ts";
import { firstUrl, type Peer, startProgram, startUpstream, type UpstreamKind } from "./peers.ts";

export interface BridgePeer extends Peer {
  readonly child: ChildProcess;
  /** Its data, to be read when it has stopped. */
  readonly home: string;
  remove(): void;
}

export interface BridgeOptions {
  readonly variant: Variant;
  readonly servers: Readonly<Record<string, object>>;
  /** For Node itself. */
  readonly nodeArguments?: readonly string[];
  /** Further keys of the configuration. */
  readonly more?: object;
}

/** As many finished executions are kept; the default of the configuration. */
export const HISTORY_ROWS = 10_000;

/** Every policy has something to do: the local caller has a limit, and a failed call a stand-in. */
const manyCalls = { calls: 100_000_000, windowMs: 60_000 };
const policy = {
  limit: { local: manyCalls, principal: manyCalls },
  cache: { enabled: true, ttlMs: 3_600_000 },
};
const serverPolicy = {
  limit: manyCalls,
  fallback: [
    { kind: "notify", level: "log", message: "The echo server failed" },
    { kind: "static", result: { content: [{ type: "text", text: "nothing to echo" }] } },
  ],
  // `echo` is not cacheable: only what is listed is.
  tools: { page: { cache: true } },
};

/** One entry of `mcpServers`. */
export function echoEntry(kind: UpstreamKind, target: string): object {
  const reach = kind === "http" ? { url: target } : { command: process.execPath, args: [target] };
  return { ...reach, policy: serverPolicy };
}

/** The bridge with every policy on, in front of an echo server of its own. */
export async function startEchoBridge(
  kind: UpstreamKind,
  variant: Variant,
  { servers: others = {}, more = {} }: Partial<Pick<BridgeOptions, "servers" | "more">> = {},
): Promise<BridgePeer> {
  const upstream = await startUpstream(kind);
  const servers = { echo: echoEntry(kind, upstream.target), ...others };
  const peer = await startBridge({ variant, servers, more });
  return {
    ...peer,
    async stop() {
      await peer.stop();
      await upstream.stop();
    },
  };
}

export async function startBridge(options: BridgeOptions): Promise<BridgePeer> {
  const { variant, servers, nodeArguments = [], more } = options;
  const home = createHome(servers, { more });
  const args = [...nodeArguments, bridgeProgram(variant), ...serveIn(home)];
  const { child, stop } = startProgram(args, { TRESTLE_HOME: home });
  return {
    name: "bridge",
    prefix: "echo__",
    url: await firstUrl(child, "the bridge"),
    pid: child.pid ?? 0,
    sent: new Map(),
    child,
    home,
    stop,
    remove: () => rmSync(home, { recursive: true, force: true }),
  };
}

/** A home with a configuration in it. */
export function createHome(
  servers: Readonly<Record<string, object>>,
  { port = 0, more = {} }: { readonly port?: number; readonly more?: object | undefined } = {},
): string {
  const home = mkdtempSync(join(tmpdir(), "trestle-bench-"));
  const config = { mcpServers: servers, http: { port }, policy, ...more };
  writeFileSync(join(home, "trestle.json"), JSON.stringify(config));
  return home;
}

export function serveIn(home: string): string[] {
  return ["serve", "--config", join(home, "trestle.json")];
}
