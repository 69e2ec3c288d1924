import type { Route } from "./route.ts";

export const keyRoutes: readonly Route[] = [
  { method: "GET", path: "keys", operation: "keys", summary: "The API keys, without their text." },
  {
    method: "POST",
    path: "keys",
    operation: "key_create",
    summary: "Make one; its text is in this answer and nowhere else.",
  },
  {
    method: "POST",
    path: "keys/:id/rotate",
    operation: "key_rotate",
    summary: "Give it a new secret; the one before is good for a while.",
  },
  {
    method: "DELETE",
    path: "keys/:id",
    operation: "key_revoke",
    summary: "Revoke it: at once, and for good.",
  },
];
