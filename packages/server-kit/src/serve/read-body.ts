import type { IncomingMessage } from "node:http";
import { type JsonValue, parseJson } from "@trestle/protocol";

export type Body =
  | { readonly kind: "none" }
  | { readonly kind: "json"; readonly value: JsonValue }
  | { readonly kind: "invalid"; readonly text: string; readonly reason?: string }
  | { readonly kind: "too-large" };

/** How far beyond the limit a sender is read to its end, so that it sees the refusal instead of a broken pipe. */
const PATIENCE = 4;

/** Reads and parses the JSON body of a request; what is over the limit is dropped as it arrives. */
export function readBody(request: IncomingMessage, maxBytes: number): Promise<Body> {
  const longest = maxBytes * PATIENCE;
  if (Number(request.headers["content-length"]) > longest) {
    return Promise.resolve({ kind: "too-large" });
  }
  // Listeners cost a fraction of an async iterator, and this runs for every request.
  return new Promise((resolve, reject) => {
    let parts: Buffer[] = [];
    let size = 0;
    const take = (part: Buffer): void => {
      size += part.length;
      if (size <= maxBytes) parts.push(part);
      else parts = [];
      if (size <= longest) return;
      resolve({ kind: "too-large" });
      request.destroy();
    };
    request.on("data", take);
    request.on("end", () => {
      if (size > maxBytes) resolve({ kind: "too-large" });
      else resolve(parse(parts, size));
    });
    // Comes after every error, too.
    request.on("close", () => {
      if (!request.readableEnded) reject(request.errored ?? new Error("The request broke off."));
    });
  });
}

function parse(parts: readonly Buffer[], size: number): Body {
  const [only] = parts;
  if (!only) return { kind: "none" };
  const text = (parts.length === 1 ? only : Buffer.concat(parts, size)).toString("utf8");
  try {
    const value = parseJson(text);
    return isWide(value, text)
      ? { kind: "invalid", text, reason: TOO_WIDE }
      : { kind: "json", value };
  } catch {
    return { kind: "invalid", text };
  }
}

/** Members of one object: whoever handles the object looks at each of them many times. */
const MOST_MEMBERS = 50_000;
const TOO_WIDE = `An object in it has more than ${MOST_MEMBERS} members.`;

/** Hardly any text has as many colons: what it is parsed to need not be looked at. */
function isWide(value: JsonValue, text: string): boolean {
  let at = text.indexOf(":");
  for (let count = 0; at !== -1 && count < MOST_MEMBERS; count += 1) at = text.indexOf(":", at + 1);
  return at !== -1 && hasWideObject(value);
}

function hasWideObject(value: JsonValue | undefined): boolean {
  if (typeof value !== "object" || value === null) return false;
  if (Array.isArray(value)) return value.some(hasWideObject);
  const members = Object.values(value);
  return members.length > MOST_MEMBERS || members.some(hasWideObject);
}
