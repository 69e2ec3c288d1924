import { readFileSync } from "node:fs";
import { join } from "node:path";
import { type BridgePeer, startEchoBridge } from "./bridge.ts";
import type { Variant } from "./installation.ts";
import { firstUrl, startProgram, type UpstreamKind, watchersFile } from "./peers.ts";
import type { Watch, Watched } from "./watchers.ts";

/** A bridge with its surfaces on: callers have keys with scopes, and three others watch. */
export interface WatchedBridge extends BridgePeer {
  readonly key: string;
  /** Of a caller that may call nothing here. */
  readonly strangersKey: string;
  /** What those who watch were told so far. */
  watched(): Promise<Watched>;
}

/** What a caller's key covers; `echo` is the fourth, so that each is looked at. */
const CALLER = ["files:*:read", "mail:*:write", "search:find*", "echo:*:read"];
const STRANGER = ["files:*:read"];
/** More often than anybody would: what is told of a round is sent soon after it. */
const TELL_EVERY_MS = 1_000;

/** Access by keys, the audit log, traces and metrics for a collector, a scraper, and, where asked for, a reader of the feed. */
export async function startWatchedBridge(
  kind: UpstreamKind,
  variant: Variant,
  { feed }: { readonly feed: boolean },
): Promise<WatchedBridge> {
  const watchers = startProgram([watchersFile]);
  const collector = (await firstUrl(watchers.child, "the watchers")).replace(/\/mcp$/, "");
  const telemetry = { endpoint: collector, everyMs: TELL_EVERY_MS };
  const bridge = await startEchoBridge(kind, variant, { more: { telemetry } });
  // The operator's: others are told of their own calls alone.
  const admin = readFileSync(join(bridge.home, "admin.key"), "utf8").trim();
  const [key = "", strangersKey = ""] = await createKeys(bridge, admin, [CALLER, STRANGER]);
  const watch: Watch = { url: bridge.url, key: admin, feed };
  const body = JSON.stringify(watch);
  const told = await fetch(`${collector}/watch`, { method: "POST", body });
  if (!told.ok) throw new Error(`Nobody can watch the bridge: ${await told.text()}`);
  return {
    ...bridge,
    name: feed ? "surfaces on, feed read" : "surfaces on",
    ...{ key, strangersKey },
    watched: async () => (await (await fetch(collector)).json()) as Watched,
    async stop() {
      await bridge.stop();
      await watchers.stop();
    },
  };
}

async function createKeys(
  { url }: BridgePeer,
  admin: string,
  all: readonly (readonly string[])[],
): Promise<string[]> {
  const keys: string[] = [];
  for (const scopes of all) {
    const response = await fetch(url.replace(/\/mcp$/, "/api/mcp/keys"), {
      method: "POST",
      headers: { authorization: `Bearer ${admin}`, "content-type": "application/json" },
      body: JSON.stringify({ name: `bench ${keys.length}`, scopes }),
    });
    const { data, error } = (await response.json()) as {
      readonly data?: { readonly key: string };
      readonly error?: object;
    };
    if (!data) throw new Error(`No key was made: ${JSON.stringify(error)}`);
    keys.push(data.key);
  }
  return keys;
}
