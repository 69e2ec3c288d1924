import type { JsonObject } from "@trestle/protocol";
import { SESSION_COOKIE } from "@trestle-mcp/server-kit/serving";
import type { Route } from "./route.ts";

export const loginRoutes: readonly Route[] = [
  {
    method: "GET",
    path: "me",
    operation: "me",
    summary: "Who asks, and what they may do.",
  },
  {
    method: "POST",
    path: "login",
    operation: "login",
    summary: "Begin a session of a browser with the key that is presented; sets a cookie.",
    toAnswer: ({ token: _token, ...data }) => ({ data }),
    toData: (output) => output.omit({ token: true }),
    toHeaders: ({ token, expires_at }, { isEncrypted }) => ({
      "set-cookie": cookie(String(token), Date.parse(String(expires_at)), isEncrypted),
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
    toHeaders: (_data: JsonObject, { isEncrypted }) => ({
      "set-cookie": cookie("", 0, isEncrypted),
    }),
  },
];

/** Out of the reach of scripts and of requests that other sites cause. */
function cookie(value: string, expiresAt: number, isEncrypted: boolean): string {
  const parts = [
    `${SESSION_COOKIE}=${value}`,
    "Path=/",
    "HttpOnly",
    "SameSite=Strict",
    `Expires=${new Date(expiresAt).toUTCString()}`,
    ...(isEncrypted ? ["Secure"] : []),
  ];
  return parts.join("; ");
}
