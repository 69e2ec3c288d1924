import type { IncomingMessage, ServerResponse } from "node:http";
import type { Duplex } from "node:stream";
import {
  type JsonValue,
  MAX_FRAME_BYTES,
  messageOf,
  type Principal,
  RPC,
  type ServerInstance,
  systemClock,
  TrestleError,
} from "@trestle/protocol";
import { isLoopback } from "../run/http-address.ts";
import { createAdmitted, type Standing } from "./admitted.ts";
import {
  type Authenticate,
  type AuthRefusal,
  authenticateRequest,
  type Prepare,
  type Presented,
  readPresented,
} from "./authenticate.ts";
import { createBearer } from "./bearer.ts";
import { LOCAL_HOSTS, refuseForeign } from "./check-host.ts";
import { createForeign } from "./foreign.ts";
import { createHttpEndpoint, type HttpEndpointOptions, type RequestFacts } from "./http.ts";
import { createListener, type Slowest } from "./listener.ts";
import { readPeer, type Trusts } from "./peer.ts";
import { type Body, readBody } from "./read-body.ts";
import type { SessionFacts } from "./sessions.ts";
import { createTellRefused, type RefusedRequest } from "./tell-refused.ts";
import { sendJson, sendRpcError } from "./web.ts";

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
  /** Default: half a minute for the headers of a request, five minutes for all of it. */
  readonly slowest?: Slowest;
  /** The proxies whose word counts of whom they pass on, and how those came. */
  readonly trusts?: Trusts | undefined;
  /** Nobody beyond this machine comes in without TLS, up to us or to such a proxy. */
  readonly requireHttps?: boolean;
  /**
   * Told of each request that was refused for its form, whatever it wanted, and with 401 of each that shows nothing of
   * who sent it. What it shows is for `authenticate` to judge, and to tell.
   */
  readonly onRefused?: (refused: RefusedRequest) => void;
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
  /** Where it comes from, as far as a proxy that is trusted says so. */
  address(request: IncomingMessage): string;
  /** Did it come over TLS, up to us or to a proxy that is trusted? */
  isEncrypted(request: IncomingMessage): boolean;
  readBody(request: IncomingMessage): Promise<Body>;
}

export interface HttpServing {
  /** Of the MCP endpoint. */
  readonly url: string;
  /** Sends new callers elsewhere, where somebody before us can, and loses none that is on its way. */
  leave(): Promise<void>;
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
  const { trusts, onRefused } = options;
  const presentedBy = createPresented(trusts);
  const admitted = createAdmitted(options.authenticate ?? createBearer(bearerKey), presentedBy);
  const { authenticate } = admitted;
  const tell = createTellRefused({ onRefused, admitted, presentedBy });
  const realm = String(instance.info.name);
  const look = createForeign({ ...options, hosts, origins: options.allowedOrigins });
  const asks: EntranceAsks = {
    foreign(request) {
      const found = look(request);
      if (!found) return undefined;
      tell.foreign(request, found.reason);
      return found.message;
    },
    authenticate,
    address: (request) => readPeer(request, trusts).address,
    isEncrypted: (request) => readPeer(request, trusts).isEncrypted,
    readBody: (request) => readBody(request, maxBodyBytes),
  };
  const prepared = (request: IncomingMessage): Promise<void> | undefined =>
    request.headers.authorization === undefined
      ? undefined
      : options.prepare?.(presentedBy(request));

  async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const preparing = prepared(request);
    if (preparing) await preparing;
    const entered = options.entrance?.(request, response, asks) ?? false;
    // Told at once where it is not: waiting would cost every request a turn.
    if (entered !== false && (await entered)) return;
    const foreign = asks.foreign(request);
    if (foreign !== undefined) return refuseForeign(response, foreign);
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

  const listener = createListener({
    ...{ clock: options.clock ?? systemClock, prepared, upgrade: options.upgrade },
    asks: {
      ...asks,
      // None of them takes strangers, and their refusals are written by whoever took the connection.
      authenticate(request) {
        const verdict = authenticate(request);
        if ("refused" in verdict && verdict.refused === "missing") tell.stranger(request);
        return verdict;
      },
    },
    slowest: options.slowest,
    handle(request, response) {
      handle(request, response).catch((error: unknown) => {
        log.error("http request failed", { error: messageOf(error) });
        if (response.headersSent) response.destroy();
        else sendRpcError(response, 500, { code: RPC.internal, message: "internal error" });
      });
    },
    onAnswered(response) {
      if (response.statusCode >= 400) tell.answered(response);
    },
    onRefused: (refused) => onRefused?.(refused),
  });
  const { standing } = options;
  const unfollow = standing && admitted.follow(standing, listener.ongoing);
  const bound = await listener.listen(port, host);

  return {
    url: `http://${host.includes(":") ? `[${host}]` : host}:${bound.port}/mcp`,
    leave: listener.leave,
    async close() {
      unfollow?.();
      await listener.close(() => endpoint.close());
    },
  };
}

/** What a request shows is asked for twice where it has a credential, mostly right after another. */
function createPresented(trusts: Trusts | undefined): (request: IncomingMessage) => Presented {
  let last: readonly [IncomingMessage, Presented] | undefined;
  return (request) => {
    if (last?.[0] !== request) last = [request, readPresented(request, trusts)];
    return last[1];
  };
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

function refuseTooLarge(response: ServerResponse): void {
  const message = "Payload too large: send a smaller message, or pass a reference to the data";
  response.setHeader("connection", "close");
  sendRpcError(response, 413, { code: RPC.invalidRequest, message });
}

function refuseUnparsed(response: ServerResponse): void {
  const message = "Parse error: the body is not valid JSON";
  sendRpcError(response, 400, { code: RPC.parseError, message });
}
