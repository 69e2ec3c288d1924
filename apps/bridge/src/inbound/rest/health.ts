import type { Route } from "./route.ts";

export const healthRoutes: readonly Route[] = [
  {
    method: "GET",
    path: "health",
    operation: "health",
    summary: "Is the bridge well? With a key: which servers are not, and why.",
  },
  {
    method: "GET",
    path: "servers",
    operation: "servers",
    summary: "The servers behind the bridge.",
  },
  { method: "GET", path: "ps", operation: "ps", summary: "The processes that serve." },
  {
    method: "GET",
    path: "doctor",
    operation: "doctor",
    summary: "What is set up, and what is wrong with it.",
  },
];
