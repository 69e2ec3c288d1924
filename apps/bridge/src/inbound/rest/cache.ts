import type { Route } from "./route.ts";

export const cacheRoutes: readonly Route[] = [
  {
    method: "GET",
    path: "cache",
    operation: "cache_stats",
    summary: "Hits, misses, entries, bytes.",
  },
  {
    method: "POST",
    path: "cache/clear",
    operation: "cache_clear",
    summary: "Forget answers: of one tool, of one server, or all.",
  },
  {
    method: "POST",
    path: "cache/toggle",
    operation: "cache_toggle",
    summary: "Turn the cache on or off.",
  },
];
