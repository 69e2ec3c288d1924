import { once } from "node:events";
import type { IncomingMessage, ServerResponse } from "node:http";

/** The web-standard request of a node one, without its body, which was read already. */
export function toWebRequest(request: IncomingMessage, signal: AbortSignal): Request {
  const headers = new Headers();
  for (const [name, value] of Object.entries(request.headers)) {
    for (const item of [value].flat()) if (item !== undefined) headers.append(name, item);
  }
  // Only the path is looked at: the host was checked before, and may not even be a valid one.
  const url = new URL(request.url ?? "/", "http://localhost");
  return new Request(url, { method: request.method ?? "GET", headers, signal });
}

/** Writes a web-standard response out, at the pace of whoever reads it; a reader that leaves cancels its body. */
export async function sendWebResponse(from: Response, to: ServerResponse): Promise<void> {
  if (to.destroyed) return void (await from.body?.cancel());
  to.writeHead(from.status, Object.fromEntries(from.headers));
  if (!from.body) return void to.end();
  to.flushHeaders();
  const reader = from.body.getReader();
  const leave = (): void => void reader.cancel().catch(() => {});
  to.once("close", leave);
  try {
    for (let part = await reader.read(); !part.done; part = await reader.read()) {
      if (!to.write(part.value)) await Promise.race([once(to, "drain"), once(to, "close")]);
    }
  } finally {
    to.off("close", leave);
    to.end();
  }
}

/** A JSON-RPC error that answers no request in particular, with its HTTP status. */
export function sendRpcError(
  response: ServerResponse,
  status: number,
  error: { code: number; message: string; data?: unknown; id?: unknown },
): void {
  const { id = null, ...fault } = error;
  response.writeHead(status, { "content-type": "application/json" });
  response.end(JSON.stringify({ jsonrpc: "2.0", id, error: fault }));
}

/** An aborted signal once the response is closed before it was finished. */
export function whenGone(response: ServerResponse): AbortSignal {
  const gone = new AbortController();
  response.once("close", () => {
    if (!response.writableFinished) gone.abort();
  });
  if (response.destroyed) gone.abort();
  return gone.signal;
}

export function sendJson(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { "content-type": "application/json" });
  response.end(JSON.stringify(body));
}
