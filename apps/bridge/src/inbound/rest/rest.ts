import type { IncomingMessage, ServerResponse } from "node:http";
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
import type { Core } from "../../core.ts";
import { type Operation, runOperation } from "../../operations/operation.ts";
import { findOperation } from "../find-operation.ts";
import { EVENTS_PATH } from "../late-feed.ts";
import { allowOrigin, answerOptions } from "./cors.ts";
import { send, sendFailure, toEnvelope } from "./envelope.ts";
import { limitHeaders, RestRefusal, toFailure } from "./failure.ts";
import { type Match, matchRoute, methodsAt } from "./match.ts";
import { narrowTo } from "./narrow.ts";
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
  if (request.method === "OPTIONS") return answerOptions(response, methodsAt(ROUTES, below));
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
  const data = await runOperation(operation, { input, context }, core);
  const answer = route.toAnswer?.(data) ?? { data };
  const limits = answer.metadata?.rate_limit;
  return { ...answer, headers: limitHeaders((limits ?? {}) as JsonObject) };
}
  if (core.access.isAdmin(principal)) route.refuse?.(input, core);

/** What there is, for whoever knows nothing yet. */
function index() {
  const resources = ROUTES.map(({ method, path, summary }) => ({
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
function principalFor({ needs }: Operation, verdict: Principal | AuthRefusal): Principal {
  if (!("refused" in verdict)) return verdict;
  if (needs === "anybody" && verdict.refused === "missing") {
    return { id: "anonymous", kind: "anonymous" };
  }
  const { status, headers } = toRefusalHead(verdict, "trestle");
  const code = status === 429 ? "rate_limited" : "unauthenticated";
  throw new RestRefusal({ code, message: verdict.message, headers });
}

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
