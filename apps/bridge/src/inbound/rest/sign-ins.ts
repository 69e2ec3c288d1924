import type { Route } from "./route.ts";

export const signInRoutes: readonly Route[] = [
  {
    method: "GET",
    path: "sign-ins",
    operation: "sign_ins",
    summary: "Servers at which somebody can sign in, and where you have.",
  },
  {
    method: "POST",
    path: "sign-ins/finish",
    operation: "sign_in_finish",
    summary: "Finish a sign-in with the address that the browser was sent to.",
  },
  {
    method: "POST",
    path: "sign-ins/:server",
    operation: "sign_in",
    summary: "Begin to sign in at a server; the answer tells where.",
  },
  {
    method: "DELETE",
    path: "sign-ins/:server",
    operation: "sign_out",
    summary: "Forget the tokens for a server.",
  },
];
