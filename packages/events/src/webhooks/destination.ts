import { isIP } from "node:net";
import { messageOf, TrestleError } from "@trestle/protocol";
import { isPublicAddress } from "./public-address.ts";

export interface ResolvedAddress {
  readonly address: string;
  readonly family: number;
}

/** All addresses of a name. */
export type Resolve = (hostname: string) => Promise<readonly ResolvedAddress[]>;

/** A URL that may be called, and the one address to call it at. */
export interface Destination extends ResolvedAddress {
  readonly url: URL;
}

export interface DestinationOptions {
  readonly resolve: Resolve;
  /** `host` or `host:port`, as in the URL, that may be private and may be called without TLS. */
  readonly allowHosts: readonly string[];
}

/**
 * Decides whether a URL may be called, and resolves it once: whoever connects uses this very address,
 * so that a name cannot answer the check with one address and the connection with another. Throws
 * `invalid_input` for what is no such URL, `denied` for an address that is not public, `unavailable`
 * where the name does not resolve now.
 */
export async function resolveDestination(
  text: string,
  { resolve, allowHosts }: DestinationOptions,
): Promise<Destination> {
  const url = parseUrl(text);
  const isAllowed = allowHosts.includes(url.host) || allowHosts.includes(url.hostname);
  if (url.protocol === "http:" && !isAllowed) {
    throw new TrestleError(
      "denied",
      `Requests to others go over https, and ${url.href} does not. Change it.`,
    );
  }
  const addresses = await addressesOf(url, resolve);
  const [first] = addresses;
  if (!first) throw unresolved(url, "no address");
  // One private address among public ones is enough: whoever controls the name chooses which.
  if (!isAllowed && !addresses.every(({ address }) => isPublicAddress(address))) {
    throw new TrestleError(
      "denied",
      `${url.host} is not on the public internet. Add it to the allowed hosts if it should be called.`,
    );
  }
  return { url, address: first.address, family: first.family };
}

function parseUrl(text: string): URL {
  // The parser turns decimal, octal, hexadecimal and short forms of an IPv4 address into the usual one.
  const url = URL.parse(text);
  const isHttp = url?.protocol === "https:" || url?.protocol === "http:";
  if (!url || !isHttp) {
    throw new TrestleError("invalid_input", "What is called needs an https URL. Correct it.");
  }
  if (url.username !== "" || url.password !== "") {
    throw new TrestleError("invalid_input", "A URL that is called holds no user or password.");
  }
  return url;
}

async function addressesOf(url: URL, resolve: Resolve): Promise<readonly ResolvedAddress[]> {
  const literal = url.hostname.replace(/^\[(.*)\]$/, "$1");
  const family = isIP(literal);
  if (family !== 0) return [{ address: literal, family }];
  try {
    return await resolve(url.hostname);
  } catch (error) {
    throw unresolved(url, messageOf(error));
  }
}

function unresolved(url: URL, reason: string): TrestleError {
  return new TrestleError("unavailable", `${url.hostname} does not resolve: ${reason}.`);
}
