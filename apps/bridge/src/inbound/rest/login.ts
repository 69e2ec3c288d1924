import type { IncomingMessage } from "node:http";
import type { JsonObject } from "@trestle/protocol";
import { SESSION_COOKIE } from "@trestle-mcp/server-kit/serving";
import type { Route } from "./route.ts";

export const loginRoutes: readonly Route[] = [
  {
    method: "POST",
    path: "login",
    operation: "login",
    summary: "Begin a session of a browser with the key that is presented; sets a cookie.",
    toAnswer: ({ token: _token, ...data }) => ({ data }),
    toHeaders: ({ token, expires_at }, request) => ({
      "set-cookie": cookie(String(token), Date.parse(String(expires_at)), request),
    }),
  },
  {
    method: "GET",
    path: "session",
    operation: "session",
    summary: "Who is logged in, until when, and the token to send with changes.",
  },
  {
    method: "POST",
    path: "logout",
    operation: "logout",
    summary: "End the session.",
    toHeaders: (_data: JsonObject, request) => ({ "set-cookie": cookie("", 0, request) }),
  },
];

/** Out of the reach of scripts and of requests that other sites cause. */
function cookie(value: string, expiresAt: number, request: IncomingMessage): string {
  const parts = [
    `${SESSION_COOKIE}=${value}`,
    "Path=/",
    "HttpOnly",
    "SameSite=Strict",
    `Expires=${new Date(expiresAt).toUTCString()}`,
    ...(isEncrypted(request) ? ["Secure"] : []),
  ];
  return parts.join("; ");
}

/** Here, or up to the proxy in front: a proxy that lies only makes its own callers' cookies narrower. */
function isEncrypted({ socket, headers }: IncomingMessage): boolean {
  return "encrypted" in socket || headers["x-forwarded-proto"] === "https";
}
