import type { IncomingMessage, ServerResponse } from "node:http";
import {
  createOwnSignal,
  createRoster,
  isJsonObject,
  isNotification,
  isRpcMessage,
  type JsonObject,
  LEGACY_VERSIONS,
  type Logger,
  MODERN_VERSION,
  type Principal,
  type RpcId,
  type ServerInstance,
} from "@trestle/protocol";
import type { SessionFacts } from "@trestle-mcp/server-kit/serving";
import {
  answerWireCall,
  decodeWireCall,
  isShort,
  type PeerFacts,
  type PlainFacts,
  type WireCall,
} from "./wire.ts";
import { createHeartbeat, type Heartbeat } from "./wire-heartbeat.ts";
import { ListAnswer } from "./wire-list.ts";

export interface WireHttpParts extends PlainFacts {
  /** What is said to the holder of a token of where to get one that allows more. */
  readonly challenge?: () => string | undefined;
  readonly instance: ServerInstance;
  readonly log: Logger;
}

export interface WireHttpFacts {
  readonly body: unknown;
  readonly principal: Principal;
  /** Of the request's `Mcp-Session-Id`, where there is such a session. */
  readonly session: SessionFacts | undefined;
}

interface Running {
  readonly session: string;
  readonly id: RpcId;
  readonly cancel: () => void;
}

/** The short way over HTTP: true means that the request is answered here. */
export function createHttpWire(
  parts: WireHttpParts,
): (request: IncomingMessage, response: ServerResponse, facts: WireHttpFacts) => boolean {
  /** How calls of legacy sessions are cancelled, which is by a message of its own. */
  const running = createRoster<Running>();
  const runs = (session: string, id: RpcId) =>
    running.find((each) => each.id === id && each.session === session);
  const heartbeat = createHeartbeat();

  return (request, response, facts) => {
    const { body, session } = facts;
    if (request.method !== "POST" || !isRpcMessage(body)) return false;
    if (session && session.principal.id !== facts.principal.id) return false;
    if (session && isNotification(body) && body.method === "notifications/cancelled") {
      runs(session.id, body.params?.requestId as RpcId)?.cancel();
      return false;
    }
    const peer = session ? legacyPeer(session) : { client: undefined, principal: facts.principal };
    const call = decodeWireCall(body, peer);
    if (!call || !isShort(call, parts)) return false;
    if (!areHeadersPlain(request, call)) return false;
    if (session && runs(session.id, call.id)) return false;
    session?.touch();
    const own = createOwnSignal();
    let isCancelled = false;
    let leave: (() => void) | undefined;
    if (session) {
      const cancel = (): void => {
        isCancelled = true;
        own.abort();
      };
      leave = running.add({ session: session.id, id: call.id, cancel });
    } else {
      // A modern client cancels by leaving; a legacy one may come back, and says so when it cancels.
      response.once("close", () => {
        if (!response.writableEnded) own.abort();
      });
    }
    const isSubject = facts.principal.kind === "subject";
    const exchange = createExchange(response, heartbeat, isSubject ? parts.challenge : undefined);
    void answerWireCall(call, {
      instance: parts.instance,
      log: parts.log,
      own,
      notify: exchange.notify,
    }).then((answer) => {
      leave?.();
      if (isCancelled) exchange.abandon();
      else exchange.answer(answer);
    });
    return true;
  };
}

function legacyPeer({ client, principal, session, logLevel }: SessionFacts): PeerFacts {
  return { client, principal, session, ...(logLevel === undefined ? {} : { logLevel }) };
}

const legacyVersions: ReadonlySet<string> = new Set(LEGACY_VERSIONS);

/** Do the headers say what the body says? Anything doubtful is for the SDK to word. */
function areHeadersPlain(
  { headers }: IncomingMessage,
  { method, client, params }: WireCall,
): boolean {
  if (!/^application\/json\s*(;|$)/i.test(headers["content-type"] ?? "")) return false;
  const accept = headers.accept ?? "";
  if (!accept.includes("application/json") || !accept.includes("text/event-stream")) return false;
  const version = headers["mcp-protocol-version"];
  if (client.era === "legacy") return version === undefined || legacyVersions.has(String(version));
  return (
    headers["mcp-session-id"] === undefined &&
    version === MODERN_VERSION &&
    headers["mcp-method"] === method &&
    headers["mcp-name"] === params.name
  );
}

interface Exchange {
  notify(notification: JsonObject): void;
  answer(message: JsonObject | ListAnswer): void;
  /** Ends the response of a cancelled request, which has no answer. */
  abandon(): void;
}

/** One response: plain JSON, or an event stream from the first notification or a long silence on. */
function createExchange(
  response: ServerResponse,
  heartbeat: Heartbeat,
  challenge?: () => string | undefined,
): Exchange {
  let streaming = false;
  const stopBeat = heartbeat(() => {
    if (openStream()) response.write(": still working\n\n");
  });

  function openStream(): boolean {
    if (response.destroyed || response.writableEnded) return false;
    if (streaming) return true;
    streaming = true;
    response.writeHead(200, STREAM_HEADERS);
    return true;
  }

  function writeEvent(message: JsonObject | ListAnswer): void {
    if (openStream()) response.write(`event: message\ndata: ${toText(message)}\n\n`);
  }

  return {
    notify: writeEvent,
    answer(message) {
      stopBeat();
      if (response.destroyed) return;
      if (streaming) {
        writeEvent(message);
        response.end();
        return;
      }
      if (message instanceof ListAnswer) return sendList(response, message);
      // As a string it leaves in one piece with its headers.
      const text = toText(message);
      const wanted = challenge && missingScope(message);
      if (wanted !== undefined)
        response.setHeader("www-authenticate", stepUp(wanted, challenge?.()));
      response.writeHead(
        wanted === undefined ? statusOf(message) : 403,
        headersOf(Buffer.byteLength(text)),
      );
      response.end(text);
    },
    abandon() {
      stopBeat();
      if (!response.headersSent) response.writeHead(202);
      response.end();
    },
  };
}

function sendList(response: ServerResponse, answer: ListAnswer): void {
  const pieces = answer.toBytes();
  const length = pieces.reduce((sum, piece) => sum + piece.length, 0);
  response.writeHead(200, headersOf(length));
  response.cork();
  for (const piece of pieces) response.write(piece);
  response.end();
}

function headersOf(length: number) {
  return { "content-type": "application/json", "content-length": length };
}

function toText(message: JsonObject | ListAnswer): string {
  return message instanceof ListAnswer ? message.toString() : JSON.stringify(message);
}

const STREAM_HEADERS = {
  "content-type": "text/event-stream",
  "cache-control": "no-cache, no-transform",
  "x-accel-buffering": "no",
};

/** The scope that the call would have taken, where it was refused for that. */
function missingScope({ error }: JsonObject): string | undefined {
  const data = isJsonObject(error) && isJsonObject(error.data) ? error.data : {};
  const details = isJsonObject(data.details) ? data.details : {};
  return details.refusedBy === "authorize" && typeof details.scope === "string"
    ? details.scope
    : undefined;
}

/** A client that can get such a token does, and calls again (RFC 6750 §3.1). */
function stepUp(scope: string, challenge: string | undefined): string {
  const quoted = scope.replace(/["\\]/g, "");
  const more = challenge === undefined ? "" : `, ${challenge}`;
  return `Bearer error="insufficient_scope", scope="${quoted}"${more}`;
}

/** Errors of the call itself travel with 200; only a missing client capability has a status of its own. */
function statusOf({ error }: JsonObject): number {
  return isJsonObject(error) && error.code === -32021 ? 400 : 200;
}
