import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { toAgentsConfig } from "../src/agents/agents-config.ts";

const page = readFileSync(new URL("../../../docs/swarms.md", import.meta.url), "utf8");
const examples = [...page.matchAll(/```json\n(.*?)```/gs)].map(([, text = ""]) => JSON.parse(text));

test("the operator's file of the page can be used as it stands", () => {
  const given = examples.find((example) => "profiles" in example);
  const config = toAgentsConfig(given, "/srv/agents");
  expect(Object.keys(config.profiles)).toEqual(["coder", "codex", "reader", "local"]);
  expect(config.profiles.codex).toMatchObject({
    command: ["codex", "exec", "-"],
    timeoutMs: 3_600_000,
  });
  expect(config.repositories.shop?.path).toBe("/srv/shop");
});

test.each([
  [
    {
      profiles: { a: { kind: "process", command: "x", repository: "shp" } },
      repositories: { shop: { path: "." } },
    },
    /no repository of "a" "shp"; did you mean "shop"/,
  ],
  [{ repositories: { shop: { path: ".", check: "tests" } } }, /no check of "shop" "tests"/],
  [
    { profiles: { a: { kind: "process", command: "x 'y" } } },
    /cannot be read: it has a ' without its end/,
  ],
  [
    { profiles: { a: { kind: "model", provider: "anthropic", model: "m", budget: { money: 1 } } } },
    /budget of money and no price/,
  ],
  [{ profiles: { a: { kind: "shell", command: "x" } } }, /profiles\.a/],
  [{ profils: {} }, /profils/],
])("what cannot be meant is refused with what is wrong: %j", (given, words) => {
  expect(() => toAgentsConfig(given, ".")).toThrow(words);
});
