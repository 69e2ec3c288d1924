import type { JsonValue } from "@trestle/protocol";
import { fromWireError, type ObjectError } from "../object-error.ts";
import { type ErrorBody, type ObjectRef, TOKEN_PROTOCOL, WATCH_PROTOCOL } from "../protocol.ts";

/** Where the host is, and who asks it. */
export interface HostAddress {
  /** Of HTTP: `https://objects.example.workers.dev`. */
  readonly url: string;
  /** A JWT, or whatever gets one: it is asked anew for each request and each connection. */
  readonly token?: string | (() => string | Promise<string>);
  readonly fetch: typeof fetch;
}

export interface HostRequest {
  readonly method: "GET" | "POST" | "PUT" | "DELETE";
  readonly path: string;
  readonly body?: object;
  readonly signal: AbortSignal;
}

/** A failure on the way: nobody knows what became of the request, and it may be sent again under its key. */
export class UnreachableError extends Error {
  override readonly name = "UnreachableError";
  /** The host's own word on when to come back. */
  readonly retryAfterMs: number;
  constructor(message: string, retryAfterMs: number, cause?: unknown) {
    super(message, { cause });
    this.retryAfterMs = retryAfterMs;
  }
}

/**
 * @throws ObjectError where the host refused it, UnreachableError where it did not answer, or not for the request's
 * own sake (429, 5xx).
 */
export async function askHost(host: HostAddress, request: HostRequest): Promise<JsonValue> {
  const response = await send(host, request);
  const text = await response.text().catch((cause) => {
    throw new UnreachableError("The answer broke off.", 0, cause);
  });
  const body = jsonOf(text);
  if (response.ok && body !== undefined) return body as JsonValue;
  const error = errorOf(body);
  if (isPassing(response.status) || error === undefined) {
    const seconds = Number(response.headers.get("retry-after") ?? 0);
    const retryAfterMs = Number.isFinite(seconds) ? Math.max(0, seconds) * 1_000 : 0;
    throw new UnreachableError(`The host answered ${response.status}.`, retryAfterMs);
  }
  throw error;
}

async function send(host: HostAddress, { method, path, body, signal }: HostRequest) {
  const headers: Record<string, string> = await authorization(host);
  if (body !== undefined) headers["content-type"] = "application/json";
  const address = new URL(path.replace(/^\//, ""), withSlash(host.url));
  const init: RequestInit = { method, headers, signal, redirect: "error" };
  if (body !== undefined) init.body = JSON.stringify(body);
  return await host.fetch(address, init).catch((cause) => {
    throw new UnreachableError(`${host.url} cannot be reached.`, 0, cause);
  });
}

async function authorization(host: HostAddress): Promise<Record<string, string>> {
  const token = await tokenOf(host);
  return token === undefined ? {} : { authorization: `Bearer ${token}` };
}

async function tokenOf({ token }: HostAddress): Promise<string | undefined> {
  return typeof token === "function" ? await token() : token;
}

/** What a WebSocket offers: the protocol, and the token, which browsers cannot send otherwise. */
export async function offeredProtocols(host: HostAddress): Promise<string[]> {
  const token = await tokenOf(host);
  return token === undefined ? [WATCH_PROTOCOL] : [WATCH_PROTOCOL, `${TOKEN_PROTOCOL}${token}`];
}

export function objectPath(ref: ObjectRef, action = ""): string {
  const tail = action === "" ? "" : `/${action}`;
  return `/v1/objects/${encodeURIComponent(ref.class)}/${encodeURIComponent(ref.id)}${tail}`;
}

export function socketUrl(host: HostAddress, path: string): string {
  const url = new URL(path.replace(/^\//, ""), withSlash(host.url));
  url.protocol = url.protocol === "https:" ? "wss:" : "ws:";
  return url.href;
}

function withSlash(url: string): string {
  return url.endsWith("/") ? url : `${url}/`;
}

/** Another time the same request may well be answered. What fails within an object will fail again. */
function isPassing(status: number): boolean {
  return status === 429 || status > 501;
}

function errorOf(body: unknown): ObjectError | undefined {
  const { error } = (body ?? {}) as Partial<ErrorBody>;
  return typeof error?.message === "string" ? fromWireError(error) : undefined;
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
