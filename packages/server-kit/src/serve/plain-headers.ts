import type { IncomingHttpHeaders } from "node:http";

/** The same few names come with every request. */
const lower = new Map<string, string>();
const MOST_NAMES = 256;

/**
 * The headers of a request in which no name comes twice, as Node would give them; undefined for others,
 * whose repeated values Node joins by rules of its own. Node's way costs each request several times more.
 */
export function plainHeaders(raw: readonly string[]): IncomingHttpHeaders | undefined {
  const headers: IncomingHttpHeaders = {};
  for (let index = 0; index < raw.length; index += 2) {
    const name = lowerCase(raw[index] as string);
    if (name in headers) return undefined;
    headers[name] = raw[index + 1];
  }
  // Node gives these as lists, even if there is one.
  return headers["set-cookie"] === undefined ? headers : undefined;
}

function lowerCase(name: string): string {
  const known = lower.get(name);
  if (known !== undefined) return known;
  const made = name.toLowerCase();
  if (lower.size < MOST_NAMES && name.length <= 64) lower.set(name, made);
  return made;
}
