import type { Route } from "./route.ts";

export const discoverRoutes: readonly Route[] = [
  {
    method: "GET",
    path: "discover",
    operation: "discover",
    summary: "Every server and all tools.",
  },
  {
    method: "GET",
    path: "tools",
    operation: "discover",
    summary: "All tools, or those that have to do with the words of `query`.",
    toAnswer: ({ tools = [], total = 0 }) => ({ data: { tools, total } }),
    toData: (output) => output.omit({ servers: true }),
  },
  {
    method: "GET",
    path: "tools/find",
    operation: "find_tools",
    summary: "The tools that fit the words of `query`, the best first.",
  },
  {
    method: "GET",
    path: "tools/:tool",
    operation: "describe_tool",
    summary: "All that is known of one tool.",
  },
  {
    method: "GET",
    path: "tools/:tool/policies",
    operation: "tool_policies",
    summary: "What each policy is to do with its calls.",
  },
];
