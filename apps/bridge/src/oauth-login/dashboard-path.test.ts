import { expect, test } from "vitest";
import { dashboardPath } from "./dashboard-path.ts";

test.each([
  ["", ""],
  ["tools/a.b?tab=policies&x=%2F", "tools/a.b?tab=policies&x=%2F"],
  ["history#x", "history"],
  ["./a/../b", "b"],
  ["../../b", "b"],
  ["a b'\"<>;url=//evil.example", "a%20b'%22%3C%3E;url=//evil.example"],
])("%j is the page %j", (text, page) => {
  expect(dashboardPath(text)).toBe(page);
});

test.each([
  ...[
    "//evil.example",
    "///evil.example",
    "\\\\evil.example",
    "/\\evil.example",
    "\t//evil.example",
  ],
  ...[
    "https://evil.example/tools",
    "https:evil.example",
    "javascript:alert(1)",
    "data:text/html,x",
  ],
  ...[
    "/.//evil.example",
    "a/..//evil.example",
    "//u:p@evil.example",
    "http://dashboard.invalid:1/",
  ],
  ...[
    "oauth/login",
    "%2e%2e/oauth/login?to=x",
    "api/mcp/session",
    "mcp",
    ".well-known/x",
    "healthz",
  ],
  ...["x".repeat(1_001), `?${'"'.repeat(900)}`],
])("%j is no page of the dashboard", (text) => {
  expect(dashboardPath(text)).toBe("");
});

test("nothing that was said leads to the first page", () => {
  expect(dashboardPath(null)).toBe("");
});
