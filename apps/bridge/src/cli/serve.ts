import { once } from "node:events";
import { duplexPair } from "node:stream";
import type { JsonValue } from "@trestle/protocol";
import type { JoinedMembership } from "@trestle/store";
import { boundYoungSpace } from "@trestle-mcp/server-kit/young-space";
import type { Config } from "../config/load.ts";
import { enterHome, type OwnedBridge } from "../home.ts";
import { askOwner, stopOf, writeLine } from "../inbound/control.ts";
import { createRelay, type Relay } from "../inbound/relay.ts";
import { startedBlock } from "./started-block.ts";
import type { Terminal } from "./terminal.ts";

export interface ServeOptions {
  readonly config: Config;
  readonly terminal: Terminal;
  /** MCP on stdin and stdout instead of HTTP. */
  readonly stdio: boolean;
}

/** Serves until the client leaves, a signal comes or somebody asks to stop. Resolves to the exit code. */
export function serve({ config, terminal, stdio }: ServeOptions): Promise<number> {
  boundYoungSpace();
  return stdio ? serveStdio(config, terminal) : serveHttp(config, terminal);
}

async function serveHttp(config: Config, terminal: Terminal): Promise<number> {
  const entered = await enterHome({ config, ...terminal });
  if (entered.role === "joined") return joinWithHttp(entered, config, terminal);
  return serveOwned(entered, config, terminal);
}

async function serveOwned(owned: OwnedBridge, config: Config, terminal: Terminal): Promise<number> {
  try {
    const over = Promise.race([owned.stopAsked, terminal.stopped]).then(() => "over" as const);
    const url = await owned.inbound.listen(config.http);
    if ((await Promise.race([owned.bridge.settled(), over])) === "over") return 0;
    const { pid, logFile, command } = terminal;
    const servers = owned.bridge.status();
    terminal.print(startedBlock({ url, pid, logFile, command, config, servers }));
    await over;
    return 0;
  } finally {
    await owned.close();
  }
}

/**
 * A bridge of this home runs already. Where it has HTTP, that is said; where it was started by a stdio
 * host, it is asked to listen, and this process stands by to take its place.
 */
async function joinWithHttp(
  joined: JoinedMembership,
  config: Config,
  terminal: Terminal,
): Promise<number> {
  const { pid, info } = joined.owner;
  if (typeof info?.url === "string") {
    await joined.close();
    terminal.print(
      `A bridge of this home already runs: ${info.url} (pid ${pid}). Stop it with \`trestle stop\`.` +
        sayVersions(info.version, terminal.version),
    );
    return 1;
  }
  const gone = once(joined.socket, "close").then(() => "gone" as const);
  const farewell = stopOf(joined.socket);
  const { host, port } = config.http;
  const url = String((await askOwner(joined.socket, { do: "listen", host, port })).url);
  terminal.print(`The bridge of this home (pid ${pid}) now listens at ${url}. Ctrl-C ends that.`);
  const over = Promise.race([terminal.stopped, farewell]).then(() => "over" as const);
  const next = await Promise.race([gone, over]);
  await joined.close();
  // Its clients know this address: whoever is the bridge next has to be there too.
  return next === "over" ? 0 : serveHttp(atPortOf(url, config), terminal);
}

/** An upgrade takes effect once the bridge that runs has ended. */
function sayVersions(theirs: JsonValue | undefined, ours: string): string {
  if (theirs === undefined || theirs === ours) return "";
  return ` It is version ${String(theirs)}, and this is ${ours}: start this one after that.`;
}

function atPortOf(url: string, config: Config): Config {
  const http = { ...config.http, port: Number(new URL(url).port) };
  return { ...config, http, again: async () => atPortOf(url, await config.again()) };
}

/** The client keeps its connection whoever owns the home: through a relay where it is not us. */
async function serveStdio(config: Config, terminal: Terminal): Promise<number> {
  const { input, output, stopped } = terminal;
  const first = await enterHome({ config, ...terminal });
  if (first.role === "owner") {
    try {
      await Promise.race([first.inbound.serveStdio({ input, output }), stopped, first.stopAsked]);
      return 0;
    } finally {
      await first.close();
    }
  }
  return relayStdio(first, config, terminal);
}

async function relayStdio(
  first: JoinedMembership,
  config: Config,
  terminal: Terminal,
): Promise<number> {
  const relay = createRelay(terminal);
  const { clientGone, dismissed } = relay;
  const over = Promise.race([clientGone, dismissed, terminal.stopped]).then(() => "over" as const);
  let joined = first;
  for (;;) {
    const gone = new Promise<"gone">((resolve) =>
      joined.socket.once("close", () => resolve("gone")),
    );
    writeLine(joined.socket, { trestle: 1, want: "mcp" });
    relay.attach(joined.socket);
    if ((await Promise.race([gone, over])) === "over") {
      await joined.close();
      return 0;
    }
    const next = await enterHome({ config, ...terminal });
    if (next.role === "joined") {
      joined = next;
      continue;
    }
    return serveRelay(next, relay, over);
  }
}

/** We have become the bridge: our own client stays on its relay, at whose other end we now are. */
async function serveRelay(
  owned: OwnedBridge,
  relay: Relay,
  over: Promise<unknown>,
): Promise<number> {
  const [ours, theirs] = duplexPair();
  try {
    const served = owned.inbound.serveStdio({ input: ours as never, output: ours as never });
    relay.attach(theirs);
    await Promise.race([served, over, owned.stopAsked]);
    return 0;
  } finally {
    await owned.close();
    relay.dismiss();
  }
}
