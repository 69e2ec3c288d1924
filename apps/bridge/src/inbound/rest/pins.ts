import type { Route } from "./route.ts";

export const pinRoutes: readonly Route[] = [
  {
    method: "GET",
    path: "pins",
    operation: "pins",
    summary: "Which definitions are pinned, and which wait to be approved.",
  },
  {
    method: "GET",
    path: "pins/diff",
    operation: "pins_diff",
    summary: "What changed in those of a server, line by line.",
  },
  {
    method: "POST",
    path: "pins/approve",
    operation: "pins_approve",
    summary: "Approve them.",
  },
];
