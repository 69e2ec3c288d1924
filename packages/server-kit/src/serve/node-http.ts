import { once } from "node:events";
import type { IncomingMessage, ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { Duplex } from "node:stream";
import {
  type Clock,
  createRoster,
  type JsonValue,
  MAX_FRAME_BYTES,
  messageOf,
  nodeHttp,
  type Principal,
  type Roster,
  RPC,
  type ServerInstance,
  systemClock,
  TrestleError,
} from "@trestle/protocol";
import { isLoopback } from "../run/http-address.ts";
import { createAdmitted, type Ongoing, type Standing } from "./admitted.ts";
import {
  type Authenticate,
  type AuthRefusal,
  authenticateRequest,
  type Prepare,
  readPresented,
} from "./authenticate.ts";
import { createBearer } from "./bearer.ts";
import { type AllowedPeers, checkHost, findForeign, LOCAL_HOSTS } from "./check-host.ts";
import { createHttpEndpoint, type HttpEndpointOptions, type RequestFacts } from "./http.ts";
import { plainHeaders } from "./plain-headers.ts";
import { type Body, readBody } from "./read-body.ts";
import type { SessionFacts } from "./sessions.ts";
import { takeUpgrades } from "./upgrades.ts";
import { sendJson, sendRpcError } from "./web.ts";

/** How long answers may take to leave once everything is told to end. */
const LAST_WORDS_MS = 1000;

export interface ServeHttpOptions extends HttpEndpointOptions {
  /** Default 127.0.0.1. */
  readonly host?: string;
  /** 0 takes a free one. */
  readonly port: number;
  /** Asked of every caller as `Authorization: Bearer …` or `X-API-Key`. Needed beyond this machine. */
  readonly bearerKey?: string;
  /** Tells who calls, in place of `bearerKey`. Whoever gives it refuses strangers beyond this machine. */
  readonly authenticate?: Authenticate;
  /** Goes before it where a credential has to be looked into for a moment. */
  readonly prepare?: Prepare;
  /** With it, whoever may not call any more is cut off in the middle of an answer or a stream. */
  readonly standing?: Standing;
  readonly maxBodyBytes?: number;
  /** Origins of web pages that may call, besides those of the allowed hosts. */
  readonly allowedOrigins?: readonly string[];
  /** Answers paths of its own, refusals included, in its own words: true means that it did. */
  readonly entrance?: (
    request: IncomingMessage,
    response: ServerResponse,
    asks: EntranceAsks,
  ) => boolean | Promise<boolean>;
  /** Takes over connections that become WebSockets: true means that it did. The rest are plain requests. */
  readonly upgrade?: Upgrade;
  /** Sees every request to the MCP endpoint first: true means that it answered. */
  readonly intercept?: (
    request: IncomingMessage,
    response: ServerResponse,
    facts: RequestFacts & { readonly session: SessionFacts | undefined },
  ) => boolean;
  /** Answers other paths than ours: true means that it did. */
  readonly extra?: (
    request: IncomingMessage,
    response: ServerResponse,
    facts: { readonly body: JsonValue | undefined; readonly principal: Principal },
  ) => Promise<boolean>;
}

export type Upgrade = (
  request: IncomingMessage,
  socket: Duplex,
  head: Buffer,
  asks: EntranceAsks,
) => boolean;

/** What whoever answers paths of its own may ask of a request, each as the MCP endpoint asks it. */
export interface EntranceAsks {
  /** Why its `Host` or `Origin` may not come in, where they may not. */
  foreign(request: IncomingMessage): string | undefined;
  authenticate(request: IncomingMessage): Principal | AuthRefusal;
  readBody(request: IncomingMessage): Promise<Body>;
}

export interface HttpServing {
  /** Of the MCP endpoint. */
  readonly url: string;
  close(): Promise<void>;
}

/** Serves an instance at `/mcp` of an HTTP server of its own, with `GET /healthz` beside it. */
export async function serveHttp(
  instance: ServerInstance,
  options: ServeHttpOptions,
): Promise<HttpServing> {
  const { host = "127.0.0.1", port, bearerKey, log, maxBodyBytes = MAX_FRAME_BYTES } = options;
  const hosts = hostsFor(host, options);
  const { allowedHosts: _, ...endpointOptions } = options;
  const endpoint = createHttpEndpoint(instance, endpointOptions);
  const admitted = createAdmitted(options.authenticate ?? createBearer(bearerKey));
  const { authenticate } = admitted;
  const realm = String(instance.info.name);

  const origins = options.allowedOrigins;
  const known = hosts && { hosts, origins };
  const allowedFor = (request: IncomingMessage): AllowedPeers =>
    known ?? { hosts: [hostNameOf(request)], origins };
  const asks: EntranceAsks = {
    foreign: (request) => findForeign(request, allowedFor(request)),
    authenticate,
    readBody: (request) => readBody(request, maxBodyBytes),
  };

  const prepared = (request: IncomingMessage): Promise<void> | undefined =>
    request.headers.authorization === undefined
      ? undefined
      : options.prepare?.(readPresented(request));

  async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const preparing = prepared(request);
    if (preparing) await preparing;
    const entered = options.entrance?.(request, response, asks) ?? false;
    // Told at once where it is not: waiting would cost every request a turn.
    if (entered !== false && (await entered)) return;
    if (!checkHost(request, response, allowedFor(request))) return;
    const path = (request.url ?? "/").split("?")[0];
    if (path === "/healthz" && request.method === "GET")
      return sendJson(response, 200, { ok: true });
    const principal = authenticateRequest(request, response, { authenticate, realm });
    if (!principal) return;
    const body = await readBody(request, maxBodyBytes);
    if (body.kind === "too-large") return refuseTooLarge(response);
    if (body.kind === "invalid") return refuseUnparsed(response);
    const value = body.kind === "json" ? body.value : undefined;
    if (path === "/mcp") {
      const session = endpoint.session(String(request.headers["mcp-session-id"]));
      const facts = { body: value, principal, session };
      if (options.intercept?.(request, response, facts)) return;
      return endpoint.handle(request, response, facts);
    }
    if (await options.extra?.(request, response, { body: value, principal })) return;
    sendJson(response, 404, { error: `Nothing at ${path}. The MCP endpoint is /mcp` });
  }

  const answering = createRoster<ServerResponse>();
  const server = nodeHttp.createServer((request, response) => {
    request.headers = plainHeaders(request.rawHeaders) ?? request.headers;
    response.on("close", answering.add(response));
    handle(request, response).catch((error: unknown) => {
      log.error("http request failed", { error: messageOf(error) });
      if (response.headersSent) response.destroy();
      else sendRpcError(response, 500, { code: RPC.internal, message: "internal error" });
    });
  });
  const handedOver = createRoster<Ongoing>();
  if (options.upgrade) {
    const upgrade = following(options.upgrade, handedOver);
    takeUpgrades(server, upgrade, { asks, answering: answering.items, prepared });
  }
  const { standing } = options;
  const ongoing = () => [...answering.items(), ...handedOver.items()];
  const unfollow = standing && admitted.follow(standing, ongoing);
  server.listen(port, host);
  await once(server, "listening");
  const bound = server.address() as AddressInfo;

  return {
    url: `http://${host.includes(":") ? `[${host}]` : host}:${bound.port}/mcp`,
    async close() {
      unfollow?.();
      const closed = once(server, "close");
      server.close();
      await endpoint.close();
      // Connections that never carried a request count as busy for node: end them too, after all answers.
      const done = Promise.all(answering.items().map((response) => once(response, "close")));
      await Promise.race([done, after(options.clock ?? systemClock, LAST_WORDS_MS)]);
      server.closeAllConnections();
      // Those are nobody's of the server's any more, and it would wait for them.
      for (const each of handedOver.items()) each.destroy();
      await closed;
    },
  };
}

/** Keeps count of the connections that are handed over, for as long as each lasts. */
function following(upgrade: Upgrade, handedOver: Roster<Ongoing>): Upgrade {
  return (request, socket, head, asks) => {
    if (!upgrade(request, socket, head, asks)) return false;
    const leave = handedOver.add({ req: request, destroy: () => socket.destroy() });
    socket.once("close", leave);
    return true;
  };
}

function after(clock: Clock, ms: number): Promise<void> {
  return new Promise((resolve) => clock.after(ms, resolve));
}

/** The names that may be in `Host` and `Origin`; undefined where every name may lead here. */
function hostsFor(host: string, options: ServeHttpOptions): readonly string[] | undefined {
  const { bearerKey, authenticate, allowedHosts } = options;
  if (!isLoopback(host) && bearerKey === undefined && authenticate === undefined) {
    throw new TrestleError(
      "invalid_config",
      `Serving at ${host} opens this server to other machines: set a bearer key, or serve at 127.0.0.1`,
    );
  }
  if (allowedHosts) return allowedHosts;
  const name = host.includes(":") ? `[${host}]` : host;
  if (LOCAL_HOSTS.includes(name)) return LOCAL_HOSTS;
  return host === "0.0.0.0" || host === "::" ? undefined : [name, ...LOCAL_HOSTS];
}

function hostNameOf(request: IncomingMessage): string {
  const url = `http://${request.headers.host}`;
  return URL.canParse(url) ? new URL(url).hostname : "";
}

function refuseTooLarge(response: ServerResponse): void {
  const message = "Payload too large: send a smaller message, or pass a reference to the data";
  response.setHeader("connection", "close");
  sendRpcError(response, 413, { code: RPC.invalidRequest, message });
}

function refuseUnparsed(response: ServerResponse): void {
  const message = "Parse error: the body is not valid JSON";
  sendRpcError(response, 400, { code: RPC.parseError, message });
}
