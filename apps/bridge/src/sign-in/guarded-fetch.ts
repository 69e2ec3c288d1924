import { lookup } from "node:dns/promises";
import type { IncomingMessage } from "node:http";
import { isIP } from "node:net";
import {
  type Destination,
  isPublicAddress,
  type Resolve,
  resolveDestination,
} from "@trestle/events";
import {
  type Clock,
  isTrestleError,
  messageOf,
  nodeHttp,
  nodeHttps,
  TrestleError,
} from "@trestle/protocol";
import { isListedHost, isPrivateHost } from "../private-hosts.ts";

/** What OAuth needs of `fetch`. */
export type Fetch = (url: string | URL, init?: RequestInit) => Promise<Response>;

export interface GuardedFetchOptions {
  /** The server in whose name others are asked. */
  readonly server: string;
  /** The authorization server that the operator named, where one was: like the server it may be anywhere. */
  readonly issuer?: string | undefined;
  /** Public names that may lead to a private network, where the server's own may not without being one of them. */
  readonly listed?: () => readonly string[];
  /** Told of each host that is not asked. */
  readonly onRefused: (host: string) => void;
  readonly clock: Clock;
  readonly resolve?: Resolve;
}

const TIMEOUT_MS = 10_000;
const MAX_BYTES = 1024 * 1024;
const MAX_REDIRECTS = 3;

/**
 * Asks addresses that a server named, and nobody here chose: over https, at the very address that was checked, none
 * that only this machine or its network reaches, and no redirect to another origin. A server that was configured by a
 * private address may name others of that kind; what a name resolves to says nothing, since its owner chooses that.
 */
export function createGuardedFetch(options: GuardedFetchOptions): Fetch {
  const { clock, resolve = (hostname) => lookup(hostname, { all: true }) } = options;
  const named = [options.server, options.issuer].flatMap((url) =>
    url === undefined ? [] : [new URL(url).origin],
  );
  const own = new URL(options.server);
  const isPrivate = isPrivateLiteral(own.hostname);

  async function look(url: URL): Promise<Destination> {
    const isNamed = named.includes(url.origin);
    const allowHosts = isPrivate || isNamed ? [url.host] : [];
    try {
      const destination = await resolveDestination(url.href, { resolve, allowHosts });
      if (options.listed && url.origin === own.origin) refuseHidden(destination, options.listed());
      return destination;
    } catch (error) {
      // A name that does not resolve now was not refused.
      if (isTrestleError(error) && error.code !== "unavailable") options.onRefused(hostOf(url));
      throw error;
    }
  }

  const once = async (url: URL, init: RequestInit): Promise<Response> =>
    send(await look(url), init, clock);

  return async (url, init = {}) => {
    const follows = init.redirect !== "error";
    let at = new URL(url);
    for (let hop = 0; ; hop += 1) {
      const response = await once(at, init);
      const to = response.headers.get("location");
      const next = response.status >= 300 && to !== null ? URL.parse(to, at.href) : undefined;
      if (!next) return response;
      if (!follows || next.origin !== at.origin || hop >= MAX_REDIRECTS) {
        options.onRefused(hostOf(next));
        throw new TrestleError(
          "denied",
          `${at.host} redirects to ${next.host}, which is not followed.`,
        );
      }
      at = next;
    }
  };
}

/** Some addresses have none, and it is their scheme that is refused. */
function hostOf({ host, protocol }: URL): string {
  return host === "" ? protocol : host;
}

function isPrivateLiteral(hostname: string): boolean {
  const literal = hostname.replace(/^\[(.*)\]$/, "$1");
  return hostname === "localhost" || (isIP(literal) !== 0 && !isPublicAddress(literal));
}

/** Who named it did not say that it is private: then it is not, whatever its name resolves to today. */
function refuseHidden({ url, address }: Destination, listed: readonly string[]): void {
  if (isPrivateHost(url.hostname) || isListedHost(url, listed) || isPublicAddress(address)) return;
  throw new TrestleError(
    "denied",
    `${url.host} leads to a private network, which its name does not say. Add it to upstreams.allowHosts if that is meant.`,
  );
}

function send(destination: Destination, init: RequestInit, clock: Clock): Promise<Response> {
  const { url, address, family } = destination;
  const result = Promise.withResolvers<Response>();
  const request = (url.protocol === "https:" ? nodeHttps() : nodeHttp).request(url, {
    method: init.method ?? "GET",
    agent: false, // a kept connection may belong to another address
    lookup: (_hostname, options, callback) => {
      if (options.all) callback(null, [{ address, family }]);
      else callback(null, address, family);
    },
    headers: Object.fromEntries(new Headers(init.headers)),
  });
  const fail = (error: TrestleError) => {
    result.reject(error);
    request.destroy();
  };
  const cancel = clock.after(TIMEOUT_MS, () =>
    fail(new TrestleError("timeout", `${url.host} did not answer within ${TIMEOUT_MS} ms.`)),
  );
  request.on("error", (error) =>
    fail(new TrestleError("unavailable", `${url.host}: ${messageOf(error)}.`, { cause: error })),
  );
  request.on("response", (response) => {
    read(response).then((body) => result.resolve(toResponse(response, body)), fail);
  });
  request.end(bodyOf(init.body));
  return result.promise.finally(cancel);
}

function bodyOf(body: RequestInit["body"]): string | undefined {
  return body === undefined || body === null ? undefined : String(body);
}

async function read(response: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > MAX_BYTES)
      throw new TrestleError("unavailable", `An answer is larger than ${MAX_BYTES} bytes.`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

const NO_BODY = [204, 205, 304];

function toResponse({ statusCode = 0, headers }: IncomingMessage, body: Buffer): Response {
  const kept = ["content-type", "location", "www-authenticate"].flatMap((name) => {
    const value = headers[name];
    return typeof value === "string" ? [[name, value] as [string, string]] : [];
  });
  const content = NO_BODY.includes(statusCode) ? null : new Uint8Array(body);
  return new Response(content, { status: statusCode, headers: kept });
}
