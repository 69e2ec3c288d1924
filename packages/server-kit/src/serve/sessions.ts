import { randomUUID } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import {
  isInitializeRequest,
  WebStandardStreamableHTTPServerTransport,
} from "@modelcontextprotocol/server";
import type {
  ClientFacts,
  ClientSession,
  Clock,
  JsonObject,
  Logger,
  Principal,
  ServerInstance,
} from "@trestle/protocol";
import { openSession, RPC } from "@trestle/protocol";
import type { RequestFacts } from "./http.ts";
import { createSdkServer, type Peer } from "./sdk-server.ts";
import { createSessionIds, type SealedSession, type SessionSeal } from "./session-ids.ts";
import { createOwnQuestions, type SessionSiblings } from "./siblings.ts";
import { sendRpcError, sendWebResponse, toWebRequest, whenGone } from "./web.ts";

const DEFAULT_MAX_SESSIONS = 1000;
const DEFAULT_IDLE_MS = 30 * 60_000;
/** What the SDK answers for sessions it does not know; the era has no code of its own for it. */
const SESSION_NOT_FOUND = -32001;
const BAD_REQUEST = -32000;
/** What siblings are told, and no client says. */
const SESSION_ENDED = "trestle/session_ended";

/** A legacy session as whoever mounts the endpoint sees it. */
export interface SessionFacts {
  readonly id: string;
  readonly client: ClientFacts;
  readonly logLevel?: string;
  readonly principal: Principal;
  readonly session: ClientSession | undefined;
  /** Counts as use. */
  touch(): void;
}

export interface Sessions {
  handle(request: IncomingMessage, response: ServerResponse, facts: RequestFacts): Promise<void>;
  find(id: string): SessionFacts | undefined;
  close(): Promise<void>;
}

interface Session {
  readonly transport: WebStandardStreamableHTTPServerTransport;
  readonly peer: Peer;
  /** Responses being written, the standing GET stream among them. */
  open: number;
  usedAt: number;
}

export interface SessionsOptions {
  readonly log: Logger;
  readonly clock: Clock;
  readonly maxSessions?: number;
  readonly sessionIdleMs?: number;
  readonly keepAliveMs?: number;
  /** With it a session outlives this process, and being forgotten: its id tells how to open it again. */
  readonly sessionSeal?: SessionSeal;
  /** With them a session is that of several processes, and its client may send to any. */
  readonly siblings?: SessionSiblings;
}

/** The sessions of the legacy era over HTTP: one SDK server each, bound to the principal that opened it. */
export function createSessions(instance: ServerInstance, options: SessionsOptions): Sessions {
  const { log, clock, keepAliveMs, siblings } = options;
  const questions = siblings && createOwnQuestions(siblings);
  const maxSessions = options.maxSessions ?? DEFAULT_MAX_SESSIONS;
  const idleMs = options.sessionIdleMs ?? DEFAULT_IDLE_MS;
  /** The least recently used first. */
  const sessions = new Map<string, Session>();
  const ids = createSessionIds(options.sessionSeal, clock);
  const resuming = new Map<string, Promise<Session | undefined>>();
  let cancelSweep: (() => void) | undefined;
  const stopListening = siblings?.listen((id, message) => {
    const transport = sessions.get(id)?.transport;
    if (message.method === SESSION_ENDED) {
      ids.end(id);
      void transport?.close();
      return true;
    }
    const own = transport && questions?.take(message);
    if (own) transport.onmessage?.(own as never);
    return own !== undefined;
  });

  async function handle(
    request: IncomingMessage,
    response: ServerResponse,
    facts: RequestFacts,
  ): Promise<void> {
    const id = request.headers["mcp-session-id"];
    if (typeof id === "string") {
      const session = sessions.get(id) ?? (await resume(id, facts.principal));
      // A session id alone is no credential: someone else's session is as good as none.
      if (session?.peer.principal.id !== facts.principal.id) return refuseUnknown(response);
      const body = questions ? questions.sort(id, facts.body) : facts.body;
      // All of it was for siblings.
      if (body === undefined && facts.body !== undefined) return accept(response);
      await serve(session, request, response, body);
      if (request.method === "DELETE" && !sessions.has(id)) await end(id);
      return;
    }
    if (!isInitializeRequest(facts.body)) return refuseWithoutSession(response);
    if (!makeRoom()) return refuseFull(response, maxSessions);
    const opening = (facts.body as { params: JsonObject }).params;
    const session = await open({ opening, principal: facts.principal });
    await serve(session, request, response, facts.body);
    // What the SDK refused never became a session.
    if (session.transport.sessionId === undefined) await session.transport.close();
  }

  async function end(id: string): Promise<void> {
    ids.end(id);
    siblings?.tell(id, { method: SESSION_ENDED });
    await siblings?.end(id);
  }

  /** One that this process does not know of, as its id tells it: the handshake is made again in its name. */
  function resume(id: string, principal: Principal): Promise<Session | undefined> {
    const running = resuming.get(id) ?? openAgain(id, principal);
    resuming.set(id, running);
    return running.finally(() => resuming.delete(id));
  }

  async function openAgain(id: string, principal: Principal): Promise<Session | undefined> {
    const sealed = ids.read(id);
    if (sealed?.principal !== principal.id || (await siblings?.hasEnded(id))) return undefined;
    if (!makeRoom()) return undefined;
    const session = await open({ opening: sealed.opening, principal, id });
    const { transport } = session;
    const body = { jsonrpc: "2.0", id: 0, method: "initialize", params: sealed.opening };
    await (await transport.handleRequest(toOpening(body), { parsedBody: body })).text();
    if (sessions.get(id) === session) return session;
    await transport.close();
    return undefined;
  }

  async function open({ opening, principal, id }: Opening): Promise<Session> {
    const transport = new WebStandardStreamableHTTPServerTransport({
      sessionIdGenerator: () => id ?? ids.issue({ principal: principal.id, opening }),
      onsessioninitialized: (id) => {
        sessions.set(id, session);
        cancelSweep ??= clock.after(idleMs, sweep);
      },
      ...(keepAliveMs !== undefined && { keepAliveMs }),
    });
    const lasting = openSession(randomUUID(), { isResumed: id !== undefined });
    const peer = createSdkServer(instance, {
      era: "legacy",
      principal,
      session: lasting,
      log,
      opening: () => opening,
    });
    const session: Session = { transport, peer, open: 0, usedAt: clock.now() };
    transport.onclose = () => {
      if (transport.sessionId !== undefined) sessions.delete(transport.sessionId);
      lasting.end();
    };
    questions?.mark(transport as never);
    await peer.server.connect(transport as never);
    return session;
  }

  async function serve(
    session: Session,
    request: IncomingMessage,
    response: ServerResponse,
    body: unknown,
  ): Promise<void> {
    touch(session);
    session.open += 1;
    try {
      const web = toWebRequest(request, whenGone(response));
      const answer = await session.transport.handleRequest(web, { parsedBody: body });
      await sendWebResponse(answer, response);
    } finally {
      session.open -= 1;
      touch(session);
    }
  }

  function touch(session: Session): void {
    session.usedAt = clock.now();
    const id = session.transport.sessionId;
    if (id !== undefined && sessions.delete(id)) sessions.set(id, session);
  }

  function sweep(): void {
    cancelSweep = undefined;
    const now = clock.now();
    let next = Number.POSITIVE_INFINITY;
    for (const session of sessions.values()) {
      const left = session.open > 0 ? idleMs : session.usedAt + idleMs - now;
      if (left <= 0) void session.transport.close();
      else next = Math.min(next, left);
    }
    if (sessions.size > 0) cancelSweep = clock.after(next, sweep);
  }

  /** Forgets a session where the house is full; false when all are in use. */
  function makeRoom(): boolean {
    if (sessions.size < maxSessions) return true;
    const victim = longestUnused([...sessions.values()]);
    if (victim) void victim.transport.close();
    return victim !== undefined;
  }

  function find(id: string): SessionFacts | undefined {
    const session = sessions.get(id);
    const client = session?.peer.client();
    if (!session || !client) return undefined;
    const logLevel = session.peer.logLevel();
    const { principal, session: lasting } = session.peer;
    const facts = { id, client, principal, session: lasting, touch: () => touch(session) };
    return logLevel === undefined ? facts : { ...facts, logLevel };
  }

  async function close(): Promise<void> {
    cancelSweep?.();
    stopListening?.();
    await Promise.all([...sessions.values()].map(({ transport }) => transport.close()));
  }

  return { handle, find, close };
}

/** Of whoever has most, so that nobody takes the sessions of all the others. */
function longestUnused(sessions: readonly Session[]): Session | undefined {
  const unused = sessions.filter(({ open }) => open === 0);
  const counts = new Map<string, number>();
  for (const { peer } of unused) {
    counts.set(peer.principal.id, (counts.get(peer.principal.id) ?? 0) + 1);
  }
  const most = Math.max(...counts.values());
  return unused.find(({ peer }) => counts.get(peer.principal.id) === most);
}

interface Opening extends Omit<SealedSession, "principal"> {
  readonly principal: Principal;
  /** Of a session that is opened again. */
  readonly id?: string;
}

/** The handshake as the client once sent it. */
function toOpening(body: JsonObject): Request {
  return new Request("http://localhost/mcp", {
    method: "POST",
    headers: {
      "content-type": "application/json",
      accept: "application/json, text/event-stream",
    },
    body: JSON.stringify(body),
  });
}

function accept(response: ServerResponse): void {
  response.writeHead(202).end();
}

function refuseUnknown(response: ServerResponse): void {
  const message = "Session not found: it ended, or was not opened here. Send initialize again";
  sendRpcError(response, 404, { code: SESSION_NOT_FOUND, message });
}

function refuseWithoutSession(response: ServerResponse): void {
  const message =
    "Bad Request: send initialize first and then its Mcp-Session-Id with every request, or speak protocol version 2026-07-28, which needs no session";
  sendRpcError(response, 400, { code: BAD_REQUEST, message });
}

function refuseFull(response: ServerResponse, maxSessions: number): void {
  const message = `All ${maxSessions} sessions are in use: close one, or try again later`;
  response.setHeader("retry-after", "30");
  sendRpcError(response, 503, { code: RPC.internal, message });
}
