import type { Route } from "./route.ts";

export const reviewRoutes: readonly Route[] = [
  {
    method: "GET",
    path: "review",
    operation: "review_list",
    summary: "Failed calls that wait for a person.",
  },
  { method: "GET", path: "review/:id", operation: "review_get", summary: "One of them in full." },
  {
    method: "POST",
    path: "review/:id",
    operation: "review_resolve",
    summary: "Approve it, with other arguments if need be, or reject it.",
  },
];
