import type { IncomingMessage } from "node:http";
import { type JsonValue, parseJson } from "@trestle/protocol";

export type Body =
  | { readonly kind: "none" }
  | { readonly kind: "json"; readonly value: JsonValue }
  | { readonly kind: "invalid"; readonly text: string }
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
    return { kind: "json", value: parseJson(text) };
  } catch {
    return { kind: "invalid", text };
  }
}
