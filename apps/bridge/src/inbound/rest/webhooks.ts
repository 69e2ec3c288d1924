import type { Route } from "./route.ts";

export const webhookRoutes: readonly Route[] = [
  {
    method: "GET",
    path: "webhooks",
    operation: "webhooks",
    summary: "Who is told of what happens, and what could not be delivered.",
  },
  {
    method: "POST",
    path: "webhooks/:id",
    operation: "webhook_replay",
    summary: "Deliver a dead letter anew.",
  },
];
