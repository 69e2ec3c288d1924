import type { Clock, JsonObject, Logger } from "@trestle/protocol";
import { isRpcError } from "@trestle/protocol";
import { abandoned, type Loss, notReached, notSent, outcomeUnknown } from "../faults.ts";
import { createIncoming } from "../json-rpc/incoming.ts";
import { givenUp, type Link, type LinkRequest, SessionLostError } from "../json-rpc/link.ts";
import {
  CANCELLED,
  cancelParams,
  createPending,
  encodeRequest,
  type Waiting,
} from "../json-rpc/pending.ts";
import { readAnswerStream } from "./answer-stream.ts";
import { type Exchange, type HttpAnswer, isBroken, readBody } from "./exchange.ts";
import { createServerStream } from "./server-stream.ts";
import { isSuccess, toFailure } from "./status.ts";
import { createTerms } from "./terms.ts";

export interface HttpLinkOptions {
  readonly upstream: string;
  readonly exchange: Exchange;
  readonly headers: Readonly<Record<string, string>>;
  readonly log: Logger;
  readonly clock: Clock;
  readonly random: () => number;
}

/** Streamable HTTP, both eras: one POST a request, answered by JSON or by an event stream. */
export function createStreamableLink(options: HttpLinkOptions): Link {
  const { upstream, exchange, log, clock } = options;
  const terms = createTerms(options.headers);
  const pending = createPending(upstream);
  const closed = Promise.withResolvers<Loss>();
  const closing = new AbortController();
  let loss: Loss | undefined;
  let ended: Promise<void> | undefined;
  const incoming = createIncoming({
    pending,
    log,
    era: () => terms.era,
    reply: (text, { method }) => postOneWay(text, method),
  });
  const stream = createServerStream({
    ...options,
    signal: closing.signal,
    headers: terms.sessionHeaders,
    onMessage(text) {
      if (!incoming.receive(text)) log.warn("event that is no message ignored");
    },
  });

  function request(request: LinkRequest): Promise<JsonObject> {
    const { method } = request;
    if (loss) return Promise.reject(notSent(upstream, loss));
    const over = givenUp(request);
    if (over) return Promise.reject(abandoned(upstream, over.reason, false));
    if (method === "initialize") terms.session = terms.version = undefined;
    return new Promise((resolve, reject) => {
      const gone = new AbortController();
      const succeed = (result: JsonObject) => {
        terms.observe(method, result);
        resolve(result);
      };
      const waiting = pending.open(request, { resolve: succeed, reject }, () => {
        gone.abort();
        cancel(waiting);
      });
      exchangeRequest(waiting, gone.signal).catch((error) => {
        if (pending.has(waiting.id)) waiting.reject(toFault(error, method));
        if (isWrongEra(error, method))
          lose({ what: "no longer speaks the modern era", stale: true });
      });
    });
  }

  async function exchangeRequest(waiting: Waiting, signal: AbortSignal): Promise<void> {
    const { method, params } = waiting.request;
    const usedSession = method === "initialize" ? undefined : terms.session;
    waiting.sent = true;
    const answer = await post(encodeRequest(waiting), signal, terms.headersFor(method, params));
    if (!isSuccess(answer)) throw await refusal(answer, method, usedSession);
    if (method === "initialize") terms.session = headerOf(answer, "mcp-session-id");
    const onMessage = (text: string) => {
      if (!incoming.receive(text, waiting)) throw new Error("what it sent is no JSON-RPC message");
      return pending.has(waiting.id);
    };
    const resume = terms.era === "legacy" ? stream.resume : undefined;
    if (isEventStream(answer)) await readAnswerStream(answer, { clock, signal, resume, onMessage });
    else onMessage(await readBody(answer.stream));
    if (pending.has(waiting.id)) throw new Error("it holds no result");
  }

  async function refusal(answer: HttpAnswer, method: string, usedSession: string | undefined) {
    const failure = await toFailure(answer, { upstream, url: exchange.url, method, clock });
    const { status } = answer;
    // 404 says so by the protocol; servers built after a common example say it with 400.
    const unknown = status === 404 || (status === 400 && /session/i.test(failure.message));
    if (usedSession !== undefined && unknown)
      return new SessionLostError(`Upstream "${upstream}" no longer knows our session.`);
    return Object.assign(failure, { status });
  }

  /** Would a server of the modern era refuse like this? If not, it has become another since it was asked. */
  function isWrongEra(error: unknown, method: string): boolean {
    if (terms.era === "legacy" || method === "server/discover") return false;
    const status = (error as { status?: unknown }).status;
    if (status !== 400 && status !== 404 && status !== 405) return false;
    return !isRpcError(error) || error.code === LEGACY_SERVER_ERROR;
  }

  function toFault(error: unknown, method: string): unknown {
    if (isBroken(error) && !error.sent) return notReached(upstream, exchange.url.host, error);
    if (!isPlain(error)) return error;
    return outcomeUnknown(upstream, method, { what: `broke off its answer (${error.message})` });
  }

  /** In the modern era the closed stream says it all. */
  function cancel({ id, request }: Waiting): void {
    if (terms.era === "legacy" && request.method !== "initialize")
      notify(CANCELLED, cancelParams(id)).catch(() => {});
  }

  async function notify(method: string, params?: JsonObject): Promise<void> {
    if (loss) throw notSent(upstream, loss);
    await postOneWay(JSON.stringify({ jsonrpc: "2.0", method, params }), method);
  }

  async function postOneWay(body: string, method: string): Promise<void> {
    const answer = await post(body, closing.signal, terms.headersFor(method, {}));
    if (!isSuccess(answer))
      throw await toFailure(answer, { upstream, url: exchange.url, method, clock });
    answer.stream.resume();
  }

  function post(body: string, signal: AbortSignal, headers: Record<string, string>) {
    return exchange.send(exchange.url, { method: "POST", headers, body, signal });
  }

  function lose(reason: Loss): void {
    if (loss) return;
    loss = reason;
    pending.loseAll(reason);
    closed.resolve(reason);
  }

  async function end(): Promise<void> {
    lose({ what: "was closed" });
    closing.abort();
    if (terms.session !== undefined) await endSession(exchange, terms.sessionHeaders());
    exchange.close();
  }

  return {
    closed: closed.promise,
    request,
    notify,
    lose,
    attend: incoming.attend,
    agree(era, version) {
      terms.era = era;
      terms.version = version;
    },
    waiting: pending.requests,
    openStream: stream.open,
    close() {
      ended ??= end();
      return ended;
    },
  };
}

/** What servers of the legacy era answer to a request without a handshake before it. */
const LEGACY_SERVER_ERROR = -32000;

async function endSession(exchange: Exchange, headers: Record<string, string>): Promise<void> {
  const signal = AbortSignal.timeout(1_000);
  const request = { method: "DELETE", headers, signal } as const;
  const answer = await exchange.send(exchange.url, request).catch(() => undefined);
  answer?.stream.resume();
}

/** An error below the protocol: of the connection, of the stream, of the parser. */
function isPlain(error: unknown): error is Error {
  const ours = ["RpcError", "TrestleError", "SessionLostError"];
  return error instanceof Error && !ours.includes(error.name);
}
function isEventStream(answer: HttpAnswer): boolean {
  return headerOf(answer, "content-type")?.startsWith("text/event-stream") ?? false;
}
function headerOf({ headers }: HttpAnswer, name: string): string | undefined {
  const value = headers[name];
  return typeof value === "string" ? value : undefined;
}
