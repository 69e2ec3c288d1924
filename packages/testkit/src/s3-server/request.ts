import type { IncomingMessage } from "node:http";
import { S3Error } from "./s3-error.ts";

/** A request, taken apart; whether it may do what it asks is not yet known. */
export interface S3Request {
  readonly method: string;
  /** As it was sent, without the query. */
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: Readonly<Record<string, string>>;
  readonly bucket: string;
  /** Empty where the bucket itself is meant. */
  readonly key: string;
  readonly body: Buffer;
}

/** What goes back. */
export interface S3Answer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Buffer;
}

export async function readRequest(incoming: IncomingMessage): Promise<S3Request> {
  const chunks: Buffer[] = [];
  for await (const chunk of incoming) chunks.push(chunk as Buffer);
  // Not by URL: that would take `..` out of a key.
  const [path = "/", query = ""] = splitOnce(incoming.url ?? "/", "?");
  const [bucket = "", key = ""] = splitOnce(path.slice(1), "/");
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(incoming.headers)) headers[name] = String(value);
  return {
    ...{ method: incoming.method ?? "GET", path, headers, body: Buffer.concat(chunks) },
    ...{ query: new URLSearchParams(query), bucket: decode(bucket), key: decode(key) },
  };
}

function splitOnce(text: string, at: string): string[] {
  const index = text.indexOf(at);
  return index === -1 ? [text] : [text.slice(0, index), text.slice(index + 1)];
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw new S3Error(400, "InvalidURI", "The path is not URL-encoded UTF-8.");
  }
}

/** Each byte but the unreserved ones as `%XX`. */
export function uriEncode(text: string): string {
  return encodeURIComponent(text).replace(
    /[!'()*]/g,
    (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}
