import type { Route } from "./route.ts";

export const metricsRoutes: readonly Route[] = [
  {
    method: "GET",
    path: "metrics",
    operation: "metrics",
    summary: "Calls, failures and durations, by tool, server or caller, in stretches of time.",
  },
  {
    method: "GET",
    path: "performance",
    operation: "performance",
    summary: "How fast each tool answers, and what stands in its way.",
  },
  {
    method: "GET",
    path: "costs",
    operation: "costs",
    summary: "What calls cost, and how much of each budget is spent.",
  },
  {
    method: "GET",
    path: "advice",
    operation: "advice",
    summary: "What the history says of the configuration, and tools that nobody uses.",
  },
  {
    method: "POST",
    path: "advice/apply",
    operation: "advice_apply",
    summary: "Write advice into the configuration.",
  },
  {
    method: "GET",
    path: "stats",
    operation: "stats",
    summary: "State, counters and memory of each part.",
  },
  {
    method: "GET",
    path: "alerts",
    operation: "alerts",
    summary: "What goes wrong now, what is over, and by which rules.",
  },
];
