import type { JsonObject } from "@trestle/protocol";
import { sessionCookie } from "../session-cookie.ts";
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
      "set-cookie": sessionCookie(String(token), Date.parse(String(expires_at)), isEncrypted),
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
      "set-cookie": sessionCookie("", 0, isEncrypted),
    }),
  },
];
