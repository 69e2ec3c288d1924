import type { IncomingMessage, ServerResponse } from "node:http";
import { scopeOf } from "@trestle/policy";
import {
  type JsonObject,
  type Logger,
  MODERN_VERSION,
  type Principal,
  type RequestContext,
  TrestleError,
} from "@trestle/protocol";
import {
  type AuthRefusal,
  type EntranceAsks,
  toRefusalHead,
} from "@trestle-mcp/server-kit/serving";
import { READS } from "../../access/sight.ts";
import type { Core } from "../../core.ts";
import { type Operation, runOperation } from "../../operations/operation.ts";
import { OWN_SERVER } from "../../tools/names.ts";
import { findOperation } from "../find-operation.ts";
import { EVENTS_PATH } from "../late-feed.ts";
import { allowOrigin, answerOptions } from "./cors.ts";
import { send, sendFailure, toEnvelope } from "./envelope.ts";
import { limitHeaders, RestRefusal, toFailure } from "./failure.ts";
import { type Match, matchRoute, methodsAt } from "./match.ts";
import { narrowTo } from "./narrow.ts";
import { PAGES, type Page } from "./pages.ts";
import { BASE, pathBelow } from "./path.ts";
import { readInput } from "./read-input.ts";
import { ROUTES } from "./routes.ts";

export type Rest = (
  request: IncomingMessage,
  response: ServerResponse,
  asks: EntranceAsks,
) => boolean | Promise<boolean>;

/** The REST API under `/api/mcp`, for a server that lets paths be answered: true means that it was one of ours. */
export function createRest(core: Core, log: Logger): Rest {
  return (request, response, asks) => {
    const [path = "/", search = ""] = (request.url ?? "/").split("?", 2);
    const below = pathBelow(path);
    if (below === undefined) return false;
    const query = new URLSearchParams(search);
    return answer({ request, response, asks, below, query }, core).then(
      () => true,
      (error: unknown) => {
        sendFailure(response, toFailure(error, log), core.clock.now());
        return true;
      },
    );
  };
}

interface Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly asks: EntranceAsks;
  /** The path behind the base. */
  readonly below: string;
  readonly query: URLSearchParams;
}

async function answer(exchange: Exchange, core: Core): Promise<void> {
  const { request, response, asks, below } = exchange;
  const begun = core.clock.now();
  const foreign = asks.foreign(request);
  if (foreign !== undefined) throw new RestRefusal({ code: "denied", message: foreign });
  allowOrigin(request, response);
  const page = PAGES.find(({ path }) => path === below);
  if (request.method === "OPTIONS") {
    return answerOptions(response, page ? PAGE_METHODS : methodsAt(ROUTES, below));
  }
  if (page) return sendPage(page, exchange, core);
  const { data, metadata, error, headers } = await perform(exchange, core);
  const now = core.clock.now();
  const body = toEnvelope(
    {
      data,
      ...(metadata === undefined ? {} : { metadata }),
      ...(error === undefined ? {} : { error }),
    },
    { now, durationMs: now - begun },
  );
  send(response, { status: 200, headers, body });
}

async function perform(exchange: Exchange, core: Core) {
  const { request, response, asks, below, query } = exchange;
  if (below === "") return { ...index(), headers: {} };
  if (below === EVENTS_PATH) throw onlyWebSockets();
  const match = matchRoute(ROUTES, request.method ?? "GET", below);
  const { route } = match;
  const operation = findOperation(route.operation);
  const principal = principalFor(operation, asks.authenticate(request));
  const readBody = () => asks.readBody(request);
  const read = await readInput({ request, query, match, operation, readBody });
  const input = narrowed(request, read, { match, operation, core });
  const context = contextOf(principal, response);
  if (core.access.isAdmin(principal)) await refuseOnRecord(match, { input, principal }, core);
  const data = await runOperation(operation, { input, context }, core);
  const answer = route.toAnswer?.(data) ?? { data };
  const limits = answer.metadata?.rate_limit;
  const headers = {
    ...limitHeaders((limits ?? {}) as JsonObject),
    ...route.toHeaders?.(data, { isEncrypted: asks.isEncrypted(request) }),
  };
  return { ...answer, headers };
}

/** What an administrator may not ask for in this way is on record as what others may not. */
async function refuseOnRecord(
  { route: { refuse, operation } }: Match,
  { input, principal }: { readonly input: JsonObject; readonly principal: Principal },
  core: Core,
): Promise<void> {
  try {
    await refuse?.(input, core);
  } catch (error) {
    core.access.audit.refused({ event: "operation_refused", operation, principal: principal.id });
    throw error;
  }
}

const PAGE_METHODS = "GET, HEAD, OPTIONS";

async function sendPage(page: Page, { request, response, asks }: Exchange, core: Core) {
  const method = request.method ?? "GET";
  if (method !== "GET" && method !== "HEAD") {
    throw new RestRefusal({
      code: "method_not_allowed",
      message: `${method} does not fit ${BASE}/${page.path}: use ${PAGE_METHODS}.`,
      headers: { allow: PAGE_METHODS },
    });
  }
  const principal = principalFor(page, asks.authenticate(request));
  if (page.needs === "scope") refuseWithoutScope(page.path, principal, core);
  const text = Buffer.from(await page.render(core, principal));
  response.writeHead(200, {
    "content-type": `${page.mediaType}; charset=utf-8`,
    "content-length": text.length,
    "cache-control": "no-store",
    ...page.headers,
  });
  response.end(text);
}

function refuseWithoutScope(tool: string, principal: Principal, { access }: Core): void {
  const target = { server: OWN_SERVER, tool, hints: READS };
  if (access.admits(principal, target)) return;
  const scope = scopeOf(target);
  throw new TrestleError(
    "denied",
    `"${principal.id}" may not read ${tool}: that takes the scope "${scope}". Ask whoever runs the bridge to grant it.`,
    { details: { scope, principal: principal.id } },
  );
}

/** What there is, for whoever knows nothing yet. */
function index() {
  const pages = PAGES.map((page) => ({ method: "GET", ...page }));
  const resources = [...ROUTES, ...pages].map(({ method, path, summary }) => ({
    method,
    path: `${BASE}/${path}`,
    summary,
  }));
  return { data: { resources } as JsonObject, metadata: undefined, error: undefined };
}

function onlyWebSockets(): TrestleError {
  return new TrestleError(
    "invalid_input",
    `Events come over a WebSocket: connect to ws://…${BASE}/${EVENTS_PATH} and send {"type":"subscribe","topics":["*"]}.`,
  );
}

/** Some operations are for everybody: what they tell a stranger is for them to decide. */
function principalFor(
  { needs }: Pick<Operation, "needs">,
  verdict: Principal | AuthRefusal,
): Principal {
  if (!("refused" in verdict)) return verdict;
  if (needs === "anybody" && verdict.refused === "missing") {
    return { id: "anonymous", kind: "anonymous" };
  }
  const { status, headers } = toRefusalHead(verdict, "trestle");
  const code = CODES[status];
  throw new RestRefusal({ code, message: verdict.message, headers });
}

const CODES = { 401: "unauthenticated", 403: "denied", 429: "rate_limited" } as const;

function narrowed(
  { headers }: IncomingMessage,
  input: JsonObject,
  { match, operation, core }: { match: Match; operation: Operation; core: Core },
): JsonObject {
  const server = headers["x-server"];
  if (typeof server !== "string" || server === "") return input;
  return narrowTo(server, input, { route: match.route, operation, core });
}

/** Whoever goes away takes the call along. */
function contextOf(principal: Principal, response: ServerResponse): RequestContext {
  const gone = new AbortController();
  response.once("close", () => {
    if (!response.writableFinished) gone.abort();
  });
  if (response.destroyed) gone.abort();
  return {
    principal,
    signal: gone.signal,
    client: {
      era: "modern",
      protocolVersion: MODERN_VERSION,
      capabilities: {},
      info: { name: "rest" },
    },
  };
}
