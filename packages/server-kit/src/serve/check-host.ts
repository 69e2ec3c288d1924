import type { IncomingMessage, ServerResponse } from "node:http";
import { sendRpcError } from "./web.ts";

const FORBIDDEN = -32000;

/** The names of this machine for itself. */
export const LOCAL_HOSTS: readonly string[] = ["localhost", "127.0.0.1", "[::1]"];

export interface AllowedPeers {
  /** Names that may be in `Host`, and in `Origin` with any scheme and port. */
  readonly hosts: readonly string[];
  /** Whole origins besides: `https://app.example.com`. */
  readonly origins?: readonly string[] | undefined;
}

/**
 * Refuses a request that a web page sent through a name it does not own (DNS rebinding), or from an
 * origin that is not ours. False means that the refusal is written.
 */
export function checkHost(
  request: IncomingMessage,
  response: ServerResponse,
  allowed: AllowedPeers,
): boolean {
  const message = findForeign(request, allowed);
  if (message === undefined) return true;
  refuseForeign(response, message);
  return false;
}

export function refuseForeign(response: ServerResponse, message: string): void {
  sendRpcError(response, 403, { code: FORBIDDEN, message });
}

/** Why this request may not come in, where it may not. */
export function findForeign(
  { headers }: Pick<IncomingMessage, "headers">,
  { hosts, origins = [] }: AllowedPeers,
): string | undefined {
  if (headers.origin === undefined && isPlainlyAllowed(headers.host, hosts)) return undefined;
  const host = foreignHost(headers.host, hosts);
  if (host !== undefined) return host;
  if (headers.origin === undefined || origins.includes(headers.origin)) return undefined;
  return foreignOrigin(headers.origin, hosts);
}

/** In the words of the SDK, which is not loaded for this. */
function foreignHost(host: string | undefined, hosts: readonly string[]): string | undefined {
  if (!host) return "Missing Host header";
  const url = URL.parse(`http://${host}`);
  if (!url) return `Invalid Host header: ${host}`;
  return hosts.includes(url.hostname) ? undefined : `Invalid Host: ${url.hostname}`;
}

/** What nearly every request says, told without parsing a URL. */
function isPlainlyAllowed(host: string | undefined, hosts: readonly string[]): boolean {
  const name = /^([\w.-]+|\[[\da-f:]+\])(?::\d{1,5})?$/.exec(host ?? "")?.[1];
  return name !== undefined && hosts.includes(name);
}

/** A name of the form `moz-extension://*` stands for every origin of that scheme, save those of websites. */
function foreignOrigin(origin: string, hosts: readonly string[]): string | undefined {
  if (origin === "") return undefined;
  const url = URL.parse(origin);
  if (!url || url.hostname === "") return `Invalid Origin header: ${origin}`;
  const isWebsite = url.protocol === "http:" || url.protocol === "https:";
  if (hosts.includes(url.hostname)) return undefined;
  if (!isWebsite && hosts.includes(`${url.protocol}//*`)) return undefined;
  return `Invalid Origin: ${url.hostname}`;
}
