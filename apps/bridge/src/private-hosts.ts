import { lookup as lookupName } from "node:dns";
import { isIP, type LookupFunction } from "node:net";
import { isPublicAddress } from "@trestle/events";
import { TrestleError } from "@trestle/protocol";

/** Names that the public internet does not have (RFC 6761, 6762 and 8375, and what ICANN keeps for private use). */
const PRIVATE_SUFFIXES = [
  ...[".localhost", ".local", ".internal", ".home.arpa", ".lan", ".intranet", ".private"],
  ...[".corp", ".home"],
];

/** Does whoever writes this host mean a private network? What a public name leads to, its owner chooses. */
export function isPrivateHost(hostname: string): boolean {
  const literal = hostname.replace(/^\[(.*)\]$/, "$1");
  if (isIP(literal) !== 0) return !isPublicAddress(literal);
  const name = hostname.toLowerCase().replace(/\.$/, "");
  return !name.includes(".") || PRIVATE_SUFFIXES.some((suffix) => name.endsWith(suffix));
}

/** Is it one of these, each `host` or `host:port`? */
export function isListedHost({ host, hostname }: URL, listed: readonly string[]): boolean {
  return listed.includes(host) || listed.includes(hostname);
}

export interface LookupParts {
  /** Hosts that may lead anywhere, as configured now. */
  readonly listed: () => readonly string[];
  readonly onRefused: (host: string) => void;
}

/**
 * How the name of a server is resolved when a connection to it is made: a public name that leads to a private network
 * is not followed, unless its host is listed. Nothing for hosts that may be anywhere.
 */
export function lookupFor(
  address: string,
  { listed, onRefused }: LookupParts,
): LookupFunction | undefined {
  const url = URL.parse(address);
  if (!url || isPrivateHost(url.hostname)) return undefined;
  return (hostname, options, done) => {
    lookupName(hostname, { ...options, all: true }, (error, addresses) => {
      const [first] = addresses ?? [];
      if (error || !first) return done(error ?? new Error(`${hostname} has no address`), "");
      const isRefused = addresses.some((each) => !isPublicAddress(each.address));
      if (isRefused && !isListedHost(url, listed())) {
        onRefused(url.host);
        return done(refusal(url), "");
      }
      return options.all ? done(null, addresses) : done(null, first.address, first.family);
    });
  };
}

function refusal({ host }: URL): TrestleError {
  return new TrestleError(
    "denied",
    `${host} leads to a private network, which its name does not say. Add it to upstreams.allowHosts if that is meant.`,
    { details: { sent: false } },
  );
}
