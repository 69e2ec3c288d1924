import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { ROUTES } from "../src/inbound/rest/routes.ts";
import { STATUS } from "../src/inbound/rest/status.ts";

const page = readFileSync(new URL("../../../docs/rest.md", import.meta.url), "utf8");

test("docs/rest.md lists the resources as they are", () => {
  const rows = ROUTES.map(
    ({ method, path, summary, operation }) =>
      `| \`${method} ${path}\` | ${summary} | \`${operation}\` |`,
  );
  const head = ["| request | what it is for | operation |", "|---|---|---|"];
  expect(partOf("resources")).toBe([...head, ...rows].join("\n"));
});

test("docs/rest.md lists every error code with its status", () => {
  const rows = Object.entries(STATUS).map(([code, status]) => `| \`${code}\` | ${status} |`);
  expect(partOf("codes")).toBe(["| code | status |", "|---|---|", ...rows].join("\n"));
});

function partOf(name: string): string {
  const [, part = ""] =
    new RegExp(`<!-- ${name}:.*?-->\\n([\\s\\S]*?)<!-- /${name} -->`).exec(page) ?? [];
  return part.trim();
}
