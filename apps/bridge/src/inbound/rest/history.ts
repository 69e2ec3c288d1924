import type { Route } from "./route.ts";

export const historyRoutes: readonly Route[] = [
  {
    method: "GET",
    path: "history",
    operation: "history",
    summary: "Calls that were made, the newest first.",
  },
  {
    method: "GET",
    path: "history/:execution_id",
    operation: "why",
    summary:
      "One call: what every policy decided, and how long it took; or one chain and its steps.",
  },
];
