import { dirname, join, resolve } from "node:path";
import {
  type Clock,
  canonicalJson,
  type JsonObject,
  type Logger,
  type ServerInstance,
} from "@trestle/protocol";
import {
  createUpstream,
  type ProcessRegistry,
  type RestartPace,
  type StateEntered,
  type Upstream,
  type UpstreamConfig,
  type VerdictStore,
} from "@trestle/upstream";
import type { Audit } from "./access/audit.ts";
import { connectionOf, isSameConnection, serverChanges } from "./config/changes.ts";
import { withSecrets } from "./config/commands.ts";
import type { LiveConfig } from "./config/live.ts";
import type { Config } from "./config/load.ts";
import type { ServerConfig } from "./config/servers.ts";
import { mountEmbedded } from "./embedded.ts";
import { deniedCapabilities, withFewerCapabilities } from "./fewer-capabilities.ts";
import type { HostFactory } from "./host.ts";
import { isolationOf } from "./isolation/isolation-of.ts";
import { createLateUpstream } from "./late-upstream.ts";
import { createLiveUpstream, type LiveUpstream } from "./live-upstream.ts";
import { lookupFor } from "./private-hosts.ts";
import { relayedCapabilities } from "./relayed.ts";
import { holderOf } from "./sign-in/place.ts";
import type { SignIns } from "./sign-in/sign-ins.ts";
import { tellingAddress } from "./sign-in/tell-address.ts";

export interface UpstreamParts {
  readonly live: LiveConfig;
  readonly clock: Clock;
  readonly log: Logger;
  readonly processes: ProcessRegistry;
  readonly verdicts: VerdictStore;
  readonly clientInfo: { readonly name: string; readonly version: string };
  /** The port of the mounted server with this id. */
  readonly hostFor: HostFactory;
  /** A digest that tells nothing of the text, which may hold secrets. */
  readonly fingerprint: (text: string) => string;
  /** Does the credential of this principal still hold? */
  readonly isKnown: (principal: string) => boolean;
  /** Told of each state that a server enters. */
  readonly onState: (id: string, entered: StateEntered) => void;
  /** Told when a server that was lost is connected again. */
  readonly onReconnect: (id: string) => void;
  readonly signIns: Pick<SignIns, "credentials">;
  readonly audit: Pick<Audit, "refused">;
}

/** The upstreams as they are configured now. */
export interface Upstreams {
  get(id: string): Upstream | undefined;
  all(): readonly Upstream[];
  /** Connects a server anew; calls that run keep what they have until they are done. False: there is none. */
  restart(id: string): boolean;
  /** Of how a server is connected: another one for whatever may stand behind the id in its place. */
  fingerprint(id: string): string;
  /** Ends every one, and what running calls still hold of those that were replaced or removed. */
  close(): Promise<void>;
}

/**
 * One idle upstream per configured server: nothing is started before something asks. It follows the
 * configuration: a server that is new is added; one that is connected differently now is replaced, and
 * running calls keep their connection until they are done; so do those of one that is gone.
 */
export function createUpstreams(parts: UpstreamParts): Upstreams {
  const { live } = parts;
  const upstreams = new Map<string, LiveUpstream>();
  const retiring = new Set<LiveUpstream>();

  function add(server: ServerConfig, config: Config): void {
    upstreams.set(server.id, createLiveUpstream(open(server, config, parts), config.secrets));
  }

  for (const server of live.current().servers) add(server, live.current());

  function remove(id: string): void {
    const upstream = upstreams.get(id);
    if (!upstream) return;
    upstreams.delete(id);
    retiring.add(upstream);
    void upstream.retire().then(() => retiring.delete(upstream));
  }

  const unsubscribe = live.subscribe((next, before) => {
    const { removed } = serverChanges(before, next);
    for (const id of removed) remove(id);
    const known = new Map(before.servers.map((server) => [server.id, server]));
    for (const server of next.servers) {
      const old = known.get(server.id);
      const upstream = upstreams.get(server.id);
      if (!old || !upstream) {
        add(server, next);
      } else if (!isSameConnection([old, before], [server, next])) {
        upstream.replace(open(server, next, parts));
      }
    }
  });

  return {
    get: (id) => upstreams.get(id),
    all: () => [...upstreams.values()],
    restart(id) {
      const config = live.current();
      const server = config.servers.find((each) => each.id === id);
      const upstream = upstreams.get(id);
      if (!server || !upstream) return false;
      upstream.replace(open(server, config, parts));
      return true;
    },
    fingerprint(id) {
      const config = live.current();
      const server = config.servers.find((each) => each.id === id);
      return server === undefined ? "" : parts.fingerprint(connectionText(server, config, parts));
    },
    async close() {
      unsubscribe();
      await Promise.all([...upstreams.values(), ...retiring].map((upstream) => upstream.close()));
    },
  };
}

/** An instance that keeps nothing for anybody is ended this soon after it was asked for its lists. */
const LISTS_IDLE_MS = 60_000;

function open(server: ServerConfig, config: Config, parts: UpstreamParts): Upstream {
  return withFewerCapabilities(openAny(server, config, parts), deniedCapabilities(server));
}

function openAny(server: ServerConfig, config: Config, parts: UpstreamParts): Upstream {
  const { id, kind } = server;
  const { clock } = parts;
  const isolated = isolationOf(server);
  if (!isolated) return openOne(server, config, parts);
  const make = async (): Promise<Upstream> => {
    const { createIsolatedUpstream } = await import("./isolation/isolated-upstream.ts");
    return createIsolatedUpstream({
      ...{ id, kind, clock, ...isolated, isKnown: parts.isKnown },
      lists: openOne(server, config, { ...parts, idleStopMs: () => LISTS_IDLE_MS }),
      open: (onGone, principal) =>
        openOne(server, config, {
          ...parts,
          onGone,
          ...(principal !== undefined && { principal }),
        }),
    });
  };
  return createLateUpstream({ id, kind, clock, make });
}

/** What differs between the instances of one server. */
interface OneParts extends UpstreamParts {
  readonly idleStopMs?: () => number;
  readonly onGone?: (loss?: string) => void;
  /** Whom it is for, where it is not for everybody. */
  readonly principal?: string;
}

function openOne(server: ServerConfig, config: Config, parts: OneParts): Upstream {
  const { id, kind, commands } = server;
  const { clock, idleStopMs } = parts;
  const connectOne = (resolved: ServerConfig): Upstream => {
    const usual = toUpstreamConfig(resolved, config, parts);
    return createUpstream(idleStopMs ? { ...usual, idleStopMs } : usual, {
      ...parts,
      clientInfo: { ...parts.clientInfo },
    });
  };
  const connectTo = (resolved: ServerConfig): Upstream => {
    const { replicas = [] } = resolved.kind === "http" ? resolved.entry : {};
    if (resolved.kind !== "http") return connectOne(resolved);
    if (replicas.length === 0) return tellingAddress(connectOne(resolved));
    const make = async (): Promise<Upstream> => {
      const { createReplicatedUpstream } = await import("./replicas/replicated-upstream.ts");
      const others = replicas.map((url) =>
        connectOne({ ...resolved, entry: { ...resolved.entry, url } }),
      );
      return createReplicatedUpstream({
        ...{ id, members: [connectOne(resolved), ...others], log: parts.log, clock },
      });
    };
    return createLateUpstream({ id, kind, clock, make });
  };
  if (commands.length === 0) return connectTo(server);
  const make = async (): Promise<Upstream> => connectTo(await withSecrets(server, config.secrets));
  return createLateUpstream({ id, kind, clock, make });
}

function toUpstreamConfig(
  server: ServerConfig,
  config: Config,
  { hostFor, live, signIns, principal, audit }: OneParts,
): UpstreamConfig {
  const { era, startTimeoutMs, restart } = server.entry;
  const common = {
    id: server.id,
    ...(era === undefined ? {} : { era }),
    ...(startTimeoutMs === undefined ? {} : { startTimeoutMs }),
    ...(restart === undefined ? {} : { restart: restart as Partial<RestartPace> }),
    idleStopMs: () => idleStopOf(server.id, live.current()),
    clientCapabilities: relayedCapabilities(server),
  };
  if (server.kind === "embedded") {
    return { ...common, kind: "embedded", open: () => openEmbedded(server, config, hostFor) };
  }
  if (server.kind === "http") {
    const { url, headers, type } = server.entry;
    const credentials = signIns.credentials(server, holderOf(principal));
    const onRefused = (host: string): void =>
      audit.refused({ event: "address_refused", server: server.id, host });
    return {
      ...common,
      kind: "http",
      url,
      lookup: lookupFor(url, {
        listed: () => live.current().upstreams.allowHosts,
        onRefused,
      }),
      onRefused,
      ...(headers === undefined ? {} : { headers }),
      ...(credentials === undefined ? {} : { credentials }),
      transport: type === "sse" ? "sse" : "auto",
    };
  }
  const { command, args, env, cwd } = server.entry;
  const { NODE_ENV } = config.env;
  return {
    ...common,
    kind: "stdio",
    command,
    ...(args === undefined ? {} : { args }),
    env: { ...(NODE_ENV === undefined ? {} : { NODE_ENV }), ...env },
    // Relative paths mean the same wherever the bridge is started.
    ...(config.file === undefined && cwd === undefined ? {} : { cwd: folderOf(config, cwd) }),
  };
}

function folderOf({ file }: Config, cwd = ""): string {
  return resolve(dirname(file ?? ""), cwd);
}

/** As configured now, of a server that is connected already, too. */
function idleStopOf(id: string, { servers, upstreams }: Config): number {
  const { entry } = servers.find((server) => server.id === id) ?? {};
  return (entry && "idleStopMs" in entry ? entry.idleStopMs : undefined) ?? upstreams.idleStopMs;
}

/** Everything that decides which server is met, and what it finds there. */
function connectionText(
  server: ServerConfig,
  config: Config,
  { clientInfo }: Pick<UpstreamParts, "clientInfo">,
): string {
  const { NODE_ENV } = config.env;
  const ours = server.kind === "embedded" ? clientInfo.version : undefined;
  return canonicalJson({
    ...{ kind: server.kind, ...(ours === undefined ? {} : { version: ours }) },
    ...(server.kind === "stdio" ? { folder: folderOf(config), NODE_ENV } : {}),
    entry: connectionOf(server) as JsonObject,
  });
}

function openEmbedded(
  { id, entry }: Extract<ServerConfig, { kind: "embedded" }>,
  config: Config,
  hostFor: HostFactory,
): Promise<ServerInstance> {
  const settings = { ...config.env, ...entry.env };
  return mountEmbedded(entry.embedded, settings, (name) => hostFor(id, join(config.home, name)));
}
