import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { toId } from "../servers.ts";
import { faultOf, unsetVariables } from "./check-entry.ts";
import { PRESETS } from "./presets.ts";
import { literalSecrets } from "./secrets.ts";

test.each(Object.entries(PRESETS))(
  "%s is fit to be served once its variables are set",
  (id, preset) => {
    const { entry, needs, bindings, docs } = preset;
    expect(toId(id)).toBe(id);
    expect(faultOf(entry)).toBeUndefined();
    // What it says that it needs is what it refers to, and no secret stands in it.
    expect(unsetVariables(entry, {})).toEqual(needs.map(({ name }) => name));
    expect(literalSecrets(id, entry)).toEqual([]);
    expect(new URL(docs).protocol).toBe("https:");
    for (const tool of Object.values(bindings)) expect(tool).toMatch(/^[A-Za-z0-9_.-]{1,128}$/);
  },
);

test("docs/hosts.md tells of each what it is", () => {
  const page = readFileSync(new URL("../../../../../docs/hosts.md", import.meta.url), "utf8");
  const [, table = ""] = /<!-- presets:.*?-->\n([\s\S]*?)<!-- \/presets -->/.exec(page) ?? [];
  const code = (text: unknown): string => `\`${text}\``;
  const rows = Object.entries(PRESETS).map(([id, { entry, needs, bindings }]) => {
    const what = entry.url ?? [entry.command, ...(entry.args as string[])].join(" ");
    const needed = needs.map(({ name }) => code(name)).join(", ") || "a way to sign in";
    const tools = Object.values(bindings).map(code).join(", ");
    return `| ${code(id)} | ${code(what)} | ${needed} | ${tools} |`;
  });
  expect(table.trim().split("\n").slice(2)).toEqual(rows);
});
