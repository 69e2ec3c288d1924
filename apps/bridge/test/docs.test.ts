import { existsSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { TOPICS } from "../src/alarms.ts";
import { bridgeSchema } from "../src/config/schema.ts";
import { POLICY_ORDER } from "../src/pipeline.ts";

const root = new URL("../../../", import.meta.url);
const read = (path: string): string => readFileSync(new URL(path, root), "utf8");

interface SchemaNode {
  readonly description?: string;
  readonly shape?: Record<string, SchemaNode>;
  readonly def: { readonly innerType?: SchemaNode; readonly defaultValue?: unknown };
}

test("the table of keys in docs/configuration.md is what the schema says", () => {
  const page = read("docs/configuration.md");
  const [, table = ""] = /<!-- keys:.*?-->\n([\s\S]*?)<!-- \/keys -->/.exec(page) ?? [];
  const rows = keysOf(bridgeSchema as unknown as SchemaNode, "").map(
    ({ key, fallback, meaning }) => `| \`${key}\` | ${fallback} | ${meaning} |`,
  );
  expect(table.trim()).toBe(["| key | default | meaning |", "|---|---|---|", ...rows].join("\n"));
});

test("the table of topics in docs/configuration.md names every topic", () => {
  const page = read("docs/configuration.md");
  const [, table = ""] = /<!-- topics:.*?-->\n([\s\S]*?)<!-- \/topics -->/.exec(page) ?? [];
  const named = [...table.matchAll(/`(\w+\.\w+)`/g)].map(([, topic]) => topic);
  expect(named.toSorted()).toEqual(TOPICS.toSorted());
});

test("the example configuration in README.md has the right shape", () => {
  const [json = ""] = /(?<=```json\n)[\s\S]*?(?=```)/.exec(read("README.md")) ?? [];
  expect(bridgeSchema.safeParse(JSON.parse(json)).error).toBeUndefined();
});

test("README.md and ARCHITECTURE.md name the policies in their order", () => {
  expect(read("README.md")).toContain(POLICY_ORDER.join(" → "));
  for (const name of POLICY_ORDER) expect(read("ARCHITECTURE.md")).toContain(`\`${name}\``);
});

test("every path that the pages name exists", () => {
  const pages = read("ARCHITECTURE.md") + read("CONTRIBUTING.md");
  const named = [...pages.matchAll(/`((?:apps|packages|servers|examples|test|docs)\/[\w./-]+)`/g)];
  const missing = named
    .map(([, path = ""]) => path)
    .filter((path) => !existsSync(new URL(path, root)));
  expect(missing).toEqual([]);
});

function keysOf(
  schema: SchemaNode,
  prefix: string,
): { key: string; fallback: string; meaning: string }[] {
  return Object.entries(unwrap(schema).shape ?? {}).flatMap(([name, node]) => {
    const key = `${prefix}${name}`;
    if (unwrap(node).shape) return keysOf(node, `${key}.`);
    const { defaultValue } = node.def;
    const fallback = defaultValue === undefined ? "" : `\`${JSON.stringify(defaultValue)}\``;
    return [{ key, fallback, meaning: node.description ?? "" }];
  });
}

function unwrap(node: SchemaNode): SchemaNode {
  return node.shape || !node.def.innerType ? node : unwrap(node.def.innerType);
}
