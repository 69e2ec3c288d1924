import type { IncomingMessage } from "node:http";
import { isIP } from "node:net";

/** Is this the address of a proxy whose word counts? */
export type Trusts = (address: string) => boolean;

/** Who sent a request, as far as those say so who are believed. */
export interface Peer {
  /** Behind proxies that are trusted: whom the outermost of them saw. */
  readonly address: string;
  /** Did it come over TLS, to us or to the proxy next to us? */
  readonly isEncrypted: boolean;
  /** Somebody passes it on: it is not of this machine, wherever it comes from. */
  readonly isPassedOn: boolean;
  /** Why nobody can tell who sent it, where a proxy that is trusted says what cannot be read. */
  readonly fault?: string;
}

/** A proxy that passes strangers on says so in one of these. */
const SAYS_SO = ["forwarded", "x-forwarded-for", "x-real-ip", "via"] as const;

/** What anybody can write into a header counts only where a proxy wrote it that is trusted. */
export function readPeer({ headers, socket }: IncomingMessage, trusts?: Trusts): Peer {
  const address = socket.remoteAddress ?? "";
  const isEncrypted = "encrypted" in socket;
  if (!trusts?.(plainAddress(address))) {
    const isPassedOn = SAYS_SO.some((name) => headers[name] !== undefined);
    return { address, isEncrypted, isPassedOn };
  }
  const told = [toldByList(headers["x-forwarded-for"]), toldByForwarded(headers.forwarded)];
  const callers = told.flatMap((hops) => (hops ? [callerOf(hops, address, trusts)] : []));
  const [caller = address, other = caller] = callers;
  const proto = headers["x-forwarded-proto"] ?? protoOf(headers.forwarded);
  return {
    address: caller ?? address,
    isEncrypted: isEncrypted || lastOf(proto) === "https",
    isPassedOn: true,
    ...(callers.includes(undefined) && { fault: UNREADABLE }),
    ...(other !== caller && { fault: DISAGREEING }),
  };
}

const UNREADABLE = "The proxy in front of this bridge names no address of whoever sent this";
const DISAGREEING =
  "X-Forwarded-For and Forwarded name different senders: have the proxy remove the one that it does not write";

/** From the hop next to us outwards, up to the first that is not trusted. Nothing where one cannot be read. */
function callerOf(
  hops: readonly (string | undefined)[],
  own: string,
  trusts: Trusts,
): string | undefined {
  let at = own;
  for (const hop of [...hops].reverse()) {
    const address = hop === undefined ? undefined : addressOf(hop);
    if (address === undefined) return undefined;
    at = address;
    if (!trusts(at)) return at;
  }
  return at;
}

function toldByList(header: string | string[] | undefined): readonly string[] | undefined {
  return header === undefined ? undefined : String(header).split(",");
}

/** `for=192.0.2.1;proto=https, for="[2001:db8::1]:4711"` (RFC 7239). */
function toldByForwarded(header: string | undefined): readonly (string | undefined)[] | undefined {
  return header === undefined ? undefined : elementsOf(header).map((each) => each.get("for"));
}

function protoOf(header: string | undefined): string | undefined {
  return header === undefined ? undefined : elementsOf(header).at(-1)?.get("proto");
}

/** The elements as far as they can be read; one that cannot be ends the list, without an address. */
function elementsOf(header: string): readonly Map<string, string>[] {
  const pair = /\s*([\w-]+)=("(?:[^"\\]|\\.)*"|[^\s;,"]*)\s*([;,]|$)/y;
  const elements: Map<string, string>[] = [new Map()];
  while (pair.lastIndex < header.length) {
    const [, name = "", value = "", end] = pair.exec(header) ?? [];
    if (end === undefined) return [...elements, new Map()];
    elements.at(-1)?.set(name.toLowerCase(), value.replace(/^"(.*)"$/, "$1"));
    if (end === ",") elements.push(new Map());
  }
  return elements;
}

/** `192.0.2.1`, `192.0.2.1:4711`, `2001:db8::1`, `[2001:db8::1]`, `[2001:db8::1]:4711`. */
function addressOf(hop: string): string | undefined {
  const text = hop.trim();
  const found = /^\[([^\]]+)\](?::\d+)?$/.exec(text)?.[1] ?? /^([\d.]+):\d+$/.exec(text)?.[1];
  const address = plainAddress(found ?? text);
  return isIP(address) === 0 || address.includes("%") ? undefined : address;
}

/** An IPv4 address that comes in the form of an IPv6 one is the same address. */
function plainAddress(address: string): string {
  return /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1] ?? address;
}

/** The proxy next to us wrote the last one; what is before it, anybody may have written. */
function lastOf(header: string | string[] | undefined): string | undefined {
  return String(header ?? "")
    .split(",")
    .at(-1)
    ?.trim()
    .toLowerCase();
}
