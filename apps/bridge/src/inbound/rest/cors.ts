import type { IncomingMessage, ServerResponse } from "node:http";

const EXPOSED = "Retry-After, X-RateLimit-Limit, X-RateLimit-Remaining, X-RateLimit-Reset";
const ACCEPTED = "Authorization, Content-Type, X-API-Key, X-Server";
const PREFLIGHT_S = "600";

/** Lets the page of an origin that may come in read the answer. Whoever calls has checked the origin. */
export function allowOrigin({ headers }: IncomingMessage, response: ServerResponse): void {
  response.setHeader("vary", "Origin");
  if (headers.origin === undefined) return;
  response.setHeader("access-control-allow-origin", headers.origin);
  response.setHeader("access-control-expose-headers", EXPOSED);
}

/** What may be sent to a path; a browser asks before it sends a key. */
export function answerOptions(response: ServerResponse, allow: string): void {
  response.writeHead(204, {
    allow,
    "access-control-allow-methods": allow,
    "access-control-allow-headers": ACCEPTED,
    "access-control-max-age": PREFLIGHT_S,
  });
  response.end();
}
