import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { type Clock, type Logger, TrestleError } from "@trestle/protocol";
import { createProcessRegistry, type ProcessRegistry } from "@trestle/upstream";
import { type Bridge, createBridge } from "../bridge.ts";
import { withSecrets } from "../config/commands.ts";
import { type Config, loadConfig } from "../config/load.ts";
import type { ServerConfig } from "../config/servers.ts";
import { openHttpBetween } from "./between-http.ts";
import { openStdioBetween } from "./between-stdio.ts";
import type { Between, Exchange } from "./exchange.ts";
import { openProcess, openReplay } from "./peers.ts";

/** What is tested: a server as it is configured, or a record in its place. */
export type Target =
  | { readonly kind: "server"; readonly server: ServerConfig }
  | { readonly kind: "replay"; readonly exchanges: readonly Exchange[] };

export interface PrivateBridge {
  readonly bridge: Bridge;
  /** Its server id. */
  readonly id: string;
  /** Absent where nothing can stand between: the server runs in the bridge's own process. */
  readonly between?: Between;
  readonly exchanges: readonly Exchange[];
  close(): Promise<void>;
}

export interface PrivateBridgeParts {
  readonly target: Target;
  /** Whose server it is; nothing in its home is read or written. */
  readonly config: Config;
  /** How long one attempt at a call may be silent. */
  readonly timeoutMs: number;
  readonly clock: Clock;
  readonly log: Logger;
  readonly version: string;
}

/** How often the lists are looked at: a server on HTTP may have no way to tell that they changed. */
const CHECK_EVERY_MS = 500;
const RETRIES = { retries: 2, baseMs: 100 };

/** A bridge of its own in a temporary home, with the server behind it and us between. */
export async function openPrivateBridge(parts: PrivateBridgeParts): Promise<PrivateBridge> {
  const root = mkdtempSync(join(tmpdir(), "trestle-server-test-"));
  const { clock, log, version } = parts;
  const processes = createProcessRegistry({ log });
  const exchanges: Exchange[] = [];
  const keep = (exchange: Exchange): void => void exchanges.push(exchange);
  const closers: (() => Promise<unknown>)[] = [
    async () => rmSync(root, { recursive: true, force: true, maxRetries: 5 }),
    () => processes.close(),
  ];
  const close = async (): Promise<void> => {
    for (const end of closers.splice(0).reverse()) await end();
  };
  try {
    const { server, between } = await placeBetween(parts, { root, processes, keep });
    if (between) closers.push(() => between.close());
    const bridge = await createBridge(configOf(parts, root, server), { clock, log, version });
    closers.push(() => bridge.close());
    return { bridge, id: server.id, exchanges, close, ...(between && { between }) };
  } catch (error) {
    await close();
    throw error;
  }
}

interface Ground {
  readonly root: string;
  readonly processes: ProcessRegistry;
  readonly keep: (exchange: Exchange) => void;
}

interface Placed {
  readonly server: ServerConfig;
  readonly between?: Between;
}

async function placeBetween(parts: PrivateBridgeParts, ground: Ground): Promise<Placed> {
  const { target, config, clock } = parts;
  const { root: folder, processes, keep } = ground;
  const common = { clock, keep, folder };
  if (target.kind === "replay") {
    const between = await openStdioBetween({ ...common, open: openReplay(target.exchanges) });
    return { between, server: inPlaceOf({ id: "replay", entry: {} }, between) };
  }
  const server = await withSecrets(target.server, config.secrets);
  if (server.kind === "embedded") return { server };
  if (server.kind === "http") {
    if (server.entry.type === "sse") {
      throw new TrestleError(
        "unsupported",
        `"${server.id}" speaks the old HTTP+SSE transport, between which nothing can stand. Only servers on stdio and streamable HTTP can be tested.`,
      );
    }
    const between = await openHttpBetween({ clock, keep, url: server.entry.url });
    const { policy: _, ...entry } = server.entry;
    return { between, server: { ...server, commands: [], entry: { ...entry, url: between.url } } };
  }
  const { NODE_ENV } = config.env;
  const env = { ...(NODE_ENV === undefined ? {} : { NODE_ENV }), ...server.entry.env };
  const cwd = folderOf(config, server.entry.cwd);
  const open = openProcess({ ...server.entry, env, ...(cwd && { cwd }) }, processes);
  const between = await openStdioBetween({ ...common, open });
  return { between, server: inPlaceOf(server, between) };
}

/** The entry by which the bridge starts our relay: what else was said of the server holds, its policies do not. */
function inPlaceOf(
  { id, entry }: { id: string; entry: object },
  { command, args }: { readonly command: string; readonly args: readonly string[] },
): ServerConfig {
  const { tools, era, startTimeoutMs } = entry as Extract<ServerConfig, { kind: "stdio" }>["entry"];
  return {
    ...{ id, kind: "stdio", aliases: [], commands: [] },
    entry: {
      ...{ command, args: [...args] },
      ...(tools && { tools }),
      ...(era && { era }),
      ...(startTimeoutMs && { startTimeoutMs }),
    },
  };
}

function folderOf({ file }: Config, cwd: string | undefined): string | undefined {
  return file === undefined ? cwd : resolve(dirname(file), cwd ?? "");
}

function configOf(
  { config, timeoutMs }: PrivateBridgeParts,
  root: string,
  server: ServerConfig,
): Config {
  const file = join(root, "trestle.json");
  const policy = { timeout: { attemptMs: timeoutMs }, retry: RETRIES };
  const catalog = { checkEveryMs: CHECK_EVERY_MS, startWaitMs: 60_000 };
  writeFileSync(file, JSON.stringify({ mcpServers: {}, policy, catalog }));
  const TRESTLE_HOME = join(root, "home");
  const env = server.kind === "embedded" ? { ...config.env, TRESTLE_HOME } : { TRESTLE_HOME };
  const { secrets } = config;
  return { ...loadConfig({ cwd: root, env: { TRESTLE_HOME }, secrets }), env, servers: [server] };
}
