import type { IncomingMessage, ServerResponse } from "node:http";
import type { Principal } from "@trestle/protocol";
import { isLocal } from "./local-address.ts";
import { readPeer, type Trusts } from "./peer.ts";
import { sendJson } from "./web.ts";

/** What a request over HTTP shows of whoever sent it. */
export interface Presented {
  /** Of `Authorization: Bearer …`. */
  readonly bearer?: string;
  /** Of `X-API-Key`. */
  readonly apiKey?: string;
  /** Of the cookie of a session, where there is neither of them. */
  readonly session?: {
    readonly token: string;
    /** Of `X-CSRF-Token`. */
    readonly csrf?: string;
    /** By its method the request changes nothing. */
    readonly isRead: boolean;
  };
  /** Of the caller, or of a proxy in front of it that nobody here trusts. */
  readonly remoteAddress: string;
  /** The caller is on this machine, as far as one can see: nobody says that it passes somebody else on. */
  readonly isLoopback: boolean;
}

/** A caller that is let in no further. The message is for that caller. */
export interface AuthRefusal {
  /** `limited`: too many wrong credentials came from there. `forged`: another site may have made this request. */
  readonly refused: "missing" | "invalid" | "limited" | "forged";
  readonly message: string;
  readonly retryAfterMs?: number;
  /** Further parameters of the challenge: where to get a token (RFC 9728), say. */
  readonly challenge?: string;
}

/** Tells who calls. Runs for every request, before its body is read: keep it cheap. */
export type Authenticate = (presented: Presented) => Principal | AuthRefusal;

/** Looks into what cannot be judged at once, before it is: nothing where there is nothing to wait for. */
export type Prepare = (presented: Presented) => Promise<void> | undefined;

type AskRequest = (request: IncomingMessage) => Principal | AuthRefusal;

/** The request's principal; undefined means that the refusal is written. */
export function authenticateRequest(
  request: IncomingMessage,
  response: ServerResponse,
  { authenticate, realm }: { readonly authenticate: AskRequest; readonly realm: string },
): Principal | undefined {
  const verdict = authenticate(request);
  if (!("refused" in verdict)) return verdict;
  const { status, headers } = toRefusalHead(verdict, realm);
  for (const [name, value] of Object.entries(headers)) response.setHeader(name, value);
  sendJson(response, status, { error: verdict.message });
  return undefined;
}

/** What this request shows of whoever sent it. */
export function readPresented(request: IncomingMessage, trusts?: Trusts): Presented {
  const { headers } = request;
  const { address: remoteAddress, isPassedOn } = readPeer(request, trusts);
  const isLoopback = isLocal(remoteAddress) && !isPassedOn;
  const { authorization, "x-api-key": apiKey, cookie } = headers;
  // As most hosts of this machine ask.
  if (authorization === undefined && apiKey === undefined && cookie === undefined) {
    return { remoteAddress, isLoopback };
  }
  const bearer = /^bearer +(\S+) *$/i.exec(authorization ?? "")?.[1];
  return {
    ...(bearer === undefined ? {} : { bearer }),
    ...(typeof apiKey === "string" && apiKey !== "" ? { apiKey } : {}),
    ...(bearer === undefined && !apiKey ? sessionOf(request) : {}),
    remoteAddress,
    isLoopback,
  };
}

/** The cookie in which a browser carries its session. */
export const SESSION_COOKIE = "trestle_session";
const READS = ["GET", "HEAD", "OPTIONS"];

function sessionOf({ headers, method = "GET" }: IncomingMessage): Pick<Presented, "session"> {
  if (headers.cookie === undefined) return {};
  const pairs = headers.cookie.split(";").map((pair) => pair.trim());
  const found = pairs.find((pair) => pair.startsWith(`${SESSION_COOKIE}=`));
  const token = found?.slice(SESSION_COOKIE.length + 1);
  if (!token) return {};
  const csrf = headers["x-csrf-token"];
  return {
    session: { token, isRead: READS.includes(method), ...(typeof csrf === "string" && { csrf }) },
  };
}

/** The status and the headers that go with a refusal, whatever its body. */
export function toRefusalHead(
  { refused, retryAfterMs, challenge }: AuthRefusal,
  realm: string,
): { readonly status: 401 | 403 | 429; readonly headers: Readonly<Record<string, string>> } {
  if (refused === "limited") {
    return {
      status: 429,
      headers: { "retry-after": String(Math.ceil((retryAfterMs ?? 1_000) / 1_000)) },
    };
  }
  if (refused === "forged") return { status: 403, headers: {} };
  const quoted = realm.replace(/[^\w .-]/g, "");
  const fault = refused === "missing" ? "" : ', error="invalid_token"';
  const more = challenge === undefined ? "" : `, ${challenge}`;
  return {
    status: 401,
    headers: { "www-authenticate": `Bearer realm="${quoted}"${fault}${more}` },
  };
}
