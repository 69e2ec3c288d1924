import type { IncomingHttpHeaders, IncomingMessage } from "node:http";
import { findForeign } from "./check-host.ts";
import { isLocal } from "./local-address.ts";
import { readPeer, type Trusts } from "./peer.ts";

/** Why a request may not come in, whoever sent it. */
export interface Foreign {
  readonly reason: "repeated header" | "forwarded" | "not https" | "host" | "origin";
  /** For whoever sent it. */
  readonly message: string;
}

export interface ForeignOptions {
  /** Names that may be in `Host` and `Origin`; where there are none, the host that is named may. */
  readonly hosts: readonly string[] | undefined;
  readonly origins?: readonly string[] | undefined;
  readonly trusts?: Trusts | undefined;
  /** Whoever is not of this machine has to come over TLS. */
  readonly requireHttps?: boolean | undefined;
}

/** Looks at what a request says of the way that it took, before anybody asks who sent it. */
export function createForeign({ hosts, origins, trusts, requireHttps }: ForeignOptions) {
  function ofHost(headers: IncomingHttpHeaders): Foreign | undefined {
    const name = hostNameOf(headers.host);
    if (headers.origin === undefined && name !== undefined && hosts?.includes(name))
      return undefined;
    if (headers.host !== undefined && !isPlainHost(headers.host, name)) {
      return { reason: "host", message: BAD_HOST };
    }
    const message = findForeign({ headers }, { hosts: hosts ?? [name ?? ""], origins });
    if (message === undefined) return undefined;
    return { reason: message.includes("Origin") ? "origin" : "host", message };
  }

  return (request: IncomingMessage): Foreign | undefined => {
    const { headers } = request;
    const twice = repeated(request);
    if (twice !== undefined) {
      return { reason: "repeated header", message: `The header ${twice} may come once` };
    }
    if (trusts || requireHttps) {
      const { address, isEncrypted, isPassedOn, fault } = readPeer(request, trusts);
      if (fault !== undefined) return { reason: "forwarded", message: fault };
      const isNear = isLocal(address) && !isPassedOn;
      if (requireHttps && !isEncrypted && !isNear && !PROBES.includes(request.url ?? "")) {
        return { reason: "not https", message: "Come over https: this bridge takes nothing else" };
      }
    }
    if (headers.origin !== undefined && !isPlainOrigin(headers.origin)) {
      return {
        reason: "origin",
        message: "Invalid Origin header: it is not written as browsers do",
      };
    }
    const forwarded = hosts && trusts?.(request.socket.remoteAddress ?? "") && headers[FORWARDED];
    if (typeof forwarded === "string") {
      const found = ofHost({ ...headers, host: forwarded });
      if (found) return found;
    }
    return ofHost(headers);
  };
}

const FORWARDED = "x-forwarded-host";
/** They tell nothing but whether we serve, to whoever decides where callers are sent; that is asked for without TLS. */
const PROBES = ["/healthz", "/readyz"];
const BAD_HOST = "Invalid Host header: it is no name or address with a port";

/** Of two values one reader takes the first and another the last: what decides anything comes once. */
const ONCE = new Set([
  ...["authorization", "content-type", "host", "origin", "x-api-key", "x-csrf-token", "x-server"],
  ...["mcp-method", "mcp-name", "mcp-protocol-version", "mcp-session-id", "x-forwarded-host"],
]);

function repeated({ headers, rawHeaders: raw }: IncomingMessage): string | undefined {
  if (Object.keys(headers).length * 2 === raw.length) return undefined;
  const seen = new Set<string>();
  for (let index = 0; index < raw.length; index += 2) {
    const name = (raw[index] ?? "").toLowerCase();
    if (ONCE.has(name) && seen.has(name)) return raw[index];
    seen.add(name);
  }
  return undefined;
}

/** The name in a `Host` header, as it is written there. */
function hostNameOf(host = ""): string | undefined {
  return /^([\w.-]+|\[[\da-f:.]+\])(?::\d{1,5})?$/i.exec(host)?.[1]?.toLowerCase();
}

/** Nothing but a name and a port, and that name is the one that is meant. */
function isPlainHost(host: string, name: string | undefined): boolean {
  if (name === undefined) return false;
  // Addresses of IPv6 may be written in several ways.
  return name.startsWith("[") || URL.parse(`http://${host}`)?.hostname === name;
}

/** Browsers write the origin of a website in one way only. */
function isPlainOrigin(text: string): boolean {
  if (!/^https?:/i.test(text)) return true;
  return URL.parse(text)?.origin === text;
}
