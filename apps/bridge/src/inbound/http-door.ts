import {
  isJsonObject,
  type JsonObject,
  type Logger,
  messageOf,
  type ServerInstance,
  TrestleError,
} from "@trestle/protocol";
import {
  type HttpServing,
  isLoopback,
  type ServeHttpOptions,
  type SessionSiblings,
  serveHttp,
} from "@trestle-mcp/server-kit/serving";
import type { Access } from "../access/access.ts";
import type { Config } from "../config/load.ts";
import { toRanges } from "../config/ranges.ts";
import type { LateFeed } from "./late-feed.ts";
import { notingRefusals } from "./noted.ts";
import type { Rest } from "./rest/rest.ts";
import type { PlainFacts } from "./wire.ts";
import { createHttpWire } from "./wire-http.ts";

export interface Address {
  readonly host: string;
  readonly port: number;
}

/** The one HTTP address of a bridge, opened when somebody first asks for it. */
export interface HttpDoor {
  open(address: Address): Promise<string>;
  /** As `open`; whoever asked holds the door open until the signal. */
  openFor(address: JsonObject, signal: AbortSignal): Promise<string>;
  url(): string | undefined;
  /** Of a bridge that is one of several: sends new callers to the others. */
  leave(): Promise<void>;
  close(): Promise<void>;
}

export interface HttpDoorParts extends PlainFacts {
  readonly instance: ServerInstance;
  readonly config: Config;
  readonly access: Pick<
    Access,
    | "audit"
    | "authenticate"
    | "prepare"
    | "challenge"
    | "holds"
    | "needsKey"
    | "onChange"
    | "sealer"
  >;
  readonly log: Logger;
  readonly rest: Rest;
  /** Of this door alone: it closes with it. */
  readonly openFeed: () => LateFeed;
  /** Of a bridge that is one of several. */
  readonly siblings?: SessionSiblings | undefined;
  /** Called when the door opens, and without a URL when it closes. */
  readonly onListening: (url: string | undefined) => void;
}

export function createHttpDoor(parts: HttpDoorParts): HttpDoor {
  const { config, onListening } = parts;
  let opening: Promise<HttpServing> | undefined;
  let url: string | undefined;

  async function open(address: Address): Promise<string> {
    const own = opening ?? listen(address, parts);
    opening = own;
    try {
      ({ url } = await own);
    } catch (error) {
      if (opening === own) opening = undefined;
      throw error;
    }
    onListening(url);
    return url;
  }

  async function close(): Promise<void> {
    const closing = opening;
    opening = undefined;
    if (!closing) return;
    url = undefined;
    onListening(undefined);
    await (await closing).close();
  }

  return {
    open,
    async openFor({ host, port }, signal) {
      if (url !== undefined) return url;
      const opened = await open({
        host: typeof host === "string" ? host : config.http.host,
        port: typeof port === "number" ? port : config.http.port,
      });
      if (signal.aborted) await close();
      else signal.addEventListener("abort", () => void close().catch(() => {}));
      return opened;
    },
    url: () => url,
    async leave() {
      if (parts.siblings) await (await opening)?.leave();
    },
    close,
  };
}

async function listen({ host, port }: Address, parts: HttpDoorParts): Promise<HttpServing> {
  const { log, access, rest } = parts;
  const instance = notingRefusals(parts.instance, access.audit);
  const { allowedHosts, allowedOrigins, trustedProxies, requireHttps } = parts.config.http;
  const isOpen = !isLoopback(host);
  const feed = parts.openFeed();
  if (isOpen && !access.needsKey()) throw noKey(host);
  try {
    const serving = await serveHttp(instance, {
      host,
      port,
      log,
      // Where other machines may come in, nobody goes without a key, should all keys go away later.
      authenticate: isOpen
        ? (presented) => access.authenticate({ ...presented, isLoopback: false })
        : access.authenticate,
      prepare: access.prepare,
      standing: {
        onChange: access.onChange,
        holds: (presented, id) =>
          access.holds({ ...presented, isLoopback: presented.isLoopback && !isOpen }, id),
      },
      ...(allowedHosts.length > 0 ? { allowedHosts: [...LOCAL_NAMES, ...allowedHosts] } : {}),
      ...{ allowedOrigins, requireHttps, trusts: toRanges(trustedProxies) },
      onRefused: ({ status, reason, address, ...more }) =>
        access.audit.refused(
          status === 401
            ? { event: "credential_refused", reason: reason ?? "missing", address }
            : { event: "request_refused", status, ...(reason && { reason }), address, ...more },
        ),
      sessionSeal: sessionSealOf(access, log),
      ...(parts.siblings && { siblings: parts.siblings }),
      entrance: rest,
      upgrade: feed.upgrade,
      intercept: createHttpWire({ ...parts, instance, challenge: access.challenge }),
    });
    return { ...serving, close: () => closeBoth(serving, feed) };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EADDRINUSE") throw error;
    throw new TrestleError(
      "unavailable",
      `Port ${port} of ${host} is used by another program. End that, or choose another port with --port.`,
    );
  }
}

/** The server cuts off whatever became a WebSocket: those who listen are told first. */
async function closeBoth(serving: HttpServing, feed: LateFeed): Promise<void> {
  await feed.close();
  await serving.close();
}

/** What a client of the handshake era carries from a bridge that ended to the one that follows. */
export function sessionSealOf(
  { sealer }: Pick<Access, "sealer">,
  log: Logger,
): NonNullable<ServeHttpOptions["sessionSeal"]> {
  const context = { context: "mcp session" };
  return {
    seal(facts) {
      try {
        return sealer.seal(facts, context);
      } catch (error) {
        log.warn("sessions do not outlive this bridge", { reason: messageOf(error) });
        return undefined;
      }
    },
    open(id) {
      try {
        const facts = sealer.open(id, context);
        return isJsonObject(facts) ? facts : undefined;
      } catch {
        return undefined;
      }
    },
  };
}

function noKey(host: string): TrestleError {
  return new TrestleError(
    "invalid_config",
    `Serving at ${host} lets other machines in, and this bridge has no key yet: set http.key in trestle.json, or serve at 127.0.0.1.`,
  );
}

const LOCAL_NAMES = ["localhost", "127.0.0.1", "[::1]"];
