import { isDeepStrictEqual } from "node:util";
import type { Config } from "./load.ts";
import type { ServerConfig } from "./servers.ts";

/** What a new configuration changes, by server id and by key. */
export interface ConfigChanges {
  readonly added: readonly string[];
  /** Connected differently: started again. */
  readonly changed: readonly string[];
  /** Gone or disabled. */
  readonly removed: readonly string[];
  /** Keys of the bridge that are in effect from now on. */
  readonly keys: readonly string[];
  /** Keys that were changed and take effect at the next start. */
  readonly needRestart: readonly string[];
}

/** What is read once, when the bridge opens. */
const START_KEYS = ["home", "http", "history", "review", "store", "policy.cache.maxBytes"] as const;
const LIVE_KEYS = [
  "access",
  "catalog",
  "events",
  "policy",
  "shutdown",
  "telemetry",
  "upstreams",
] as const;

export function changesOf(before: Config, next: Config): ConfigChanges {
  const differ = (path: string): boolean =>
    !isDeepStrictEqual(valueAt(before, path), valueAt(next, path));
  return {
    ...serverChanges(before, next),
    keys: LIVE_KEYS.filter(differ),
    needRestart: START_KEYS.filter(differ),
  };
}

/** What a running bridge can be: the new configuration where it stays where it is. */
export function atHomeOf(before: Config, next: Config): Config {
  const { home, http, store } = before;
  return { ...next, home, http, store };
}

export function serverChanges(
  before: Config,
  next: Config,
): Pick<ConfigChanges, "added" | "changed" | "removed"> {
  const old = new Map(before.servers.map((server) => [server.id, server]));
  const ids = new Set(next.servers.map(({ id }) => id));
  return {
    added: next.servers.filter(({ id }) => !old.has(id)).map(({ id }) => id),
    changed: next.servers
      .filter((server) => {
        const known = old.get(server.id);
        return known !== undefined && !isSameConnection([known, before], [server, next]);
      })
      .map(({ id }) => id),
    removed: before.servers.filter(({ id }) => !ids.has(id)).map(({ id }) => id),
  };
}

/** Keys of an entry that say how its calls are treated, not where they go. */
const SETTINGS = [
  ...["policy", "concurrency", "queue", "tools", "aliases", "cost", "disabled", "pins"],
  "idleStopMs",
];

/** May a running connection go on under the new entry? */
export function isSameConnection(
  [old, before]: readonly [ServerConfig, Config],
  [server, next]: readonly [ServerConfig, Config],
): boolean {
  if (old.kind !== server.kind) return false;
  if (!isDeepStrictEqual(connectionOf(old), connectionOf(server))) return false;
  // A mounted server reads its settings from the whole environment, which `.env` is part of.
  return server.kind !== "embedded" || isDeepStrictEqual(before.env, next.env);
}

/** What an entry says of how its server is reached. */
export function connectionOf({ entry }: ServerConfig): object {
  return Object.fromEntries(Object.entries(entry).filter(([key]) => !SETTINGS.includes(key)));
}

function valueAt(config: object, path: string): unknown {
  return path
    .split(".")
    .reduce((value: unknown, key) => (value as Record<string, unknown>)?.[key], config);
}
