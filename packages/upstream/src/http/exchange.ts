import type { Agent, ClientRequest, IncomingHttpHeaders, RequestOptions } from "node:http";
import type { Socket } from "node:net";
import type { Readable } from "node:stream";
import { urlToHttpOptions } from "node:url";
import { isTrestleError, MAX_FRAME_BYTES, nodeHttp, nodeHttps } from "@trestle/protocol";
import type { HttpConfig } from "../config.ts";

const MAX_REDIRECTS = 3;
/**
 * How long an idle connection is kept where the server does not say: below the five seconds after which
 * Node servers drop one without a word.
 */
const IDLE_MS = 4_000;
/** However long the server would keep it: what lies between may forget sooner. */
const MAX_IDLE_MS = 120_000;

export interface HttpSend {
  readonly method: "GET" | "POST" | "DELETE";
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly signal?: AbortSignal | undefined;
}
export interface HttpAnswer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly stream: Readable;
}

/** The exchange failed below HTTP. `sent` is false only if the request surely did not reach the server. */
export class HttpBrokenError extends Error {
  override readonly name = "HttpBrokenError";
  readonly sent: boolean;
  constructor(cause: Error, sent: boolean) {
    super((cause as NodeJS.ErrnoException).code ?? cause.message, { cause });
    this.sent = sent;
  }
}

export function isBroken(error: unknown): error is HttpBrokenError {
  return error instanceof Error && error.name === "HttpBrokenError";
}

/** Speaks HTTP with one address over connections that are kept. */
export interface Exchange {
  readonly url: URL;
  send(url: URL, send: HttpSend): Promise<HttpAnswer>;
  /** Another place, where the server wants us to go and we do not. */
  refuse(place: URL): void;
  close(): void;
}

/** Redirects are followed within the origin only: the headers hold this server's credentials. */
export function createExchange(
  address: string,
  { lookup, onRefused }: Pick<HttpConfig, "lookup" | "onRefused"> = {},
): Exchange {
  const url = new URL(address);
  const secure = url.protocol === "https:";
  const http = secure ? nodeHttps() : nodeHttp;
  const agent = keepAsTold(
    new http.Agent({
      ...{ keepAlive: true, timeout: MAX_IDLE_MS, maxFreeSockets: 64 },
      ...(lookup && { lookup }),
    }),
  );
  // The address as options, so that it is not taken apart for every request.
  const usual = optionsOf(url);

  function once(target: URL, { method, headers, body, signal }: HttpSend): Promise<HttpAnswer> {
    return new Promise((resolve, reject) => {
      let sent = false;
      const to = target === url ? usual : optionsOf(target);
      const raw = rawHeaders(to, headers, body);
      const outgoing = http.request({ ...to.options, agent, method, headers: raw });
      if (signal) followAbort(signal, outgoing);
      outgoing.once("socket", (socket) => {
        guard(socket);
        if (!socket.connecting) sent = true;
        else socket.once(secure ? "secureConnect" : "connect", () => (sent = true));
      });
      outgoing.once("response", (stream) => {
        // Whoever reads the stream hears of its end; an error after that must not be anybody's.
        stream.on("error", () => {});
        (stream.socket as Socket & Told)[TOLD] = namesTime(stream.headers["keep-alive"]);
        resolve({ status: stream.statusCode ?? 0, headers: stream.headers, stream });
      });
      outgoing.on("error", (error) =>
        reject(isTrestleError(error) ? error : new HttpBrokenError(error, sent)),
      );
      outgoing.end(body);
    });
  }

  function refuse(place: URL): void {
    onRefused?.(place.host === "" ? place.protocol : place.host);
  }

  async function send(target: URL, options: HttpSend): Promise<HttpAnswer> {
    let at = target;
    for (let hop = 0; ; hop += 1) {
      const answer = await once(at, options);
      const place = placeIn(answer, at);
      if (place && place.origin !== at.origin) refuse(place);
      const next = redirectOf(answer, at);
      if (!next || hop >= MAX_REDIRECTS || next.origin !== at.origin) return answer;
      answer.stream.resume();
      at = next;
    }
  }

  return { url, send, refuse, close: () => agent.destroy() };
}

/** The agent drops an idle connection a second before the time that the server named; where it named none, we do. */
function keepAsTold<A extends Agent>(agent: A): A {
  const keep = agent.keepSocketAlive.bind(agent);
  agent.keepSocketAlive = (socket) => {
    const kept: unknown = keep(socket);
    if (!(socket as Socket & Told)[TOLD]) (socket as Socket).setTimeout(IDLE_MS);
    return kept;
  };
  return agent;
}
function namesTime(keepAlive: string | string[] | undefined): boolean {
  return /^timeout=\d/.test(String(keepAlive));
}
const TOLD = Symbol("the server named a time");
type Told = { [TOLD]?: boolean };

/** An abort between two requests on a kept connection finds nobody else who listens to its error. */
function guard(socket: Socket): void {
  if (guarded.has(socket)) return;
  guarded.add(socket);
  socket.on("error", () => {});
}
const guarded = new WeakSet<Socket>();

/** Where the answer says the resource is; of use only if the method is kept. */
export function redirectOf(answer: HttpAnswer, from: URL): URL | undefined {
  return answer.status === 307 || answer.status === 308 ? placeIn(answer, from) : undefined;
}

function placeIn({ status, headers: { location } }: HttpAnswer, from: URL): URL | undefined {
  if (status < 300 || status > 399 || location === undefined) return undefined;
  return URL.parse(location, from.href) ?? undefined;
}

/** The whole body as text. Rejects when it breaks off or is too large. */
export function readBody(stream: Readable, maxBytes: number = MAX_FRAME_BYTES): Promise<string> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let size = 0;
    stream.on("data", (chunk: Buffer) => {
      size += chunk.length;
      if (size > maxBytes)
        stream.destroy(new Error(`The answer is larger than ${maxBytes} bytes.`));
      else chunks.push(chunk);
    });
    stream.once("end", () => {
      const [only] = chunks;
      resolve((chunks.length === 1 && only ? only : Buffer.concat(chunks, size)).toString("utf8"));
    });
    stream.once("error", reject);
    stream.once("close", () => {
      if (!stream.readableEnded) reject(new Error("The answer broke off."));
    });
  });
}

interface Address {
  readonly host: string;
  /** `user:password`, where the address holds them. */
  readonly auth: string | undefined;
  readonly options: RequestOptions;
}

function optionsOf(url: URL): Address {
  const { protocol, hostname, port, path, auth } = urlToHttpOptions(url);
  const options = { protocol, hostname, port, path } as RequestOptions;
  return { host: url.host, auth: auth ?? undefined, options };
}

/** As one flat list: Node takes it as it is, instead of one by one, and adds nothing that the address implies. */
function rawHeaders(
  { host, auth }: Address,
  headers: Readonly<Record<string, string>>,
  body: string | undefined,
): string[] {
  const list = headers.host === undefined ? ["host", host] : [];
  if (auth && headers.authorization === undefined)
    list.push("authorization", `Basic ${Buffer.from(auth).toString("base64")}`);
  for (const name in headers) list.push(name, headers[name] as string);
  if (body !== undefined) list.push("content-length", String(Buffer.byteLength(body)));
  return list;
}

/** What the `signal` of a request's options does, without watching the streams for their end. */
function followAbort(signal: AbortSignal, outgoing: ClientRequest): void {
  const abort = (): void => {
    outgoing.destroy(Object.assign(new Error("The request was aborted."), { code: "ABORT_ERR" }));
  };
  if (signal.aborted) abort();
  else signal.addEventListener("abort", abort, { once: true });
  outgoing.once("close", () => signal.removeEventListener("abort", abort));
}
