import { seededRandom } from "@trestle/testkit/surroundings";
import { describe, expect, test } from "vitest";
import { allows, narrowScopes, parseScope } from "../src/index.ts";

const query = { server: "database", tool: "query", readOnly: true };
const remove = { server: "database", tool: "drop_table", readOnly: false };

test("absent scopes allow everything and an empty list nothing", () => {
  expect(allows(undefined, remove)).toBe(true);
  expect(allows([], query)).toBe(false);
});

test.each([
  ["database:query", true, false],
  ["database:*", true, true],
  ["*:*", true, true],
  ["data*:*_*:write", false, true],
  ["data*:q*y:read", true, false],
  ["database:*:read", true, false],
  ["database:*:write", false, true],
  ["database:*:*", true, true],
  ["data:*", false, false],
  ["tracker:*", false, false],
])("%s covers reading: %s, dropping: %s", (scope, reads, drops) => {
  expect(allows([scope], query)).toBe(reads);
  expect(allows([scope], remove)).toBe(drops);
});

describe("a scope is not tricked", () => {
  test.each([
    ["by case", "database:query", { ...query, tool: "Query" }],
    ["by a composed character", "database:caf\u00e9", { ...query, tool: "cafe\u0301" }],
    ["by a look-alike", "database:query", { ...query, tool: "qu\u0435ry" }],
    ["by a dot of a pattern", "database:q.ery", query],
    ["by a class of a pattern", "database:[a-z]*", query],
    ["by alternatives of a pattern", "database:(query|x)", query],
    [
      "by a colon in a tool's name",
      "database:query:read",
      { ...query, tool: "query:read", readOnly: false },
    ],
    [
      "by a colon in a server's name",
      "database:query",
      { server: "database:query", tool: "", readOnly: true },
    ],
    ["by the end of a line", "database:query", { ...query, tool: "query\n" }],
    ["by names that objects inherit", "database:constructor", { ...query, tool: "__proto__" }],
  ])("%s", (_how, scope, target) => {
    expect(allows([scope], target)).toBe(false);
  });

  test("by a pattern that would take for ever", () => {
    const from = performance.now();
    const target = { server: "a".repeat(5_000), tool: "b", readOnly: true };
    expect(allows([`${"*a".repeat(60)}*b:*`], target)).toBe(false);
    expect(performance.now() - from).toBeLessThan(2_000);
  });
});

test.each([
  "",
  "database",
  "*",
  ":query",
  "database:",
  "database:query:",
  "a:b:c",
  "a:b:read:x",
  "a:b:READ",
  " a:b",
  "a:b ",
  "a:b\u200b",
  "a:b\n",
  `a:${"b".repeat(300)}`,
])("the scope %j is refused by name", (scope) => {
  expect(() => parseScope(scope)).toThrow(
    expect.objectContaining({ code: "invalid_input", details: { scope: scope.slice(0, 256) } }),
  );
});

test.each([
  [undefined, ["database:query", "*:*:read"], ["database:query", "*:*:read"]],
  [["*:*"], ["database:query:read"], ["database:query:read"]],
  [["database:query"], ["*:*"], ["database:query"]],
  [["database:*:read"], ["*:q*"], ["database:q*:read"]],
  [["database:*:read"], ["database:*:write"], []],
  [["data*:x"], ["*base:x"], []],
  [["tracker:*"], ["database:*"], []],
  [[], ["*:*"], []],
])("a holder of %j who gives %j away gives %j", (own, asked, given) => {
  expect(narrowScopes(own, asked)).toEqual(given);
});

test("what is given away is covered by the giver and by the request", () => {
  const random = seededRandom();
  const part = () =>
    Array.from({ length: 1 + random.below(4) }, () => random.pick(["a", "b", "*"])).join("");
  const scope = () => `${part()}:${part()}${random.pick(["", ":read", ":write"])}`;
  const scopes = () => Array.from({ length: 1 + random.below(3) }, scope);
  const name = () =>
    Array.from({ length: 1 + random.below(4) }, () => random.pick(["a", "b"])).join("");
  let hits = 0;
  for (let round = random.rounds(20_000); round > 0; round -= 1) {
    const [own, asked] = [scopes(), scopes()];
    const target = { server: name(), tool: name(), readOnly: random.next() < 0.5 };
    if (!allows(narrowScopes(own, asked), target)) continue;
    hits += 1;
    expect([own, asked, allows(own, target) && allows(asked, target)]).toEqual([own, asked, true]);
  }
  expect(hits).toBeGreaterThan(0);
});

test("matching agrees with a plain definition of the wildcard", () => {
  const random = seededRandom();
  const letters = ["a", "b", ".", "\\", "A", "é", "😀"];
  const text = (from: readonly string[]) =>
    Array.from({ length: 1 + random.below(7) }, () => random.pick(from)).join("");
  for (let round = random.rounds(20_000); round > 0; round -= 1) {
    const server = text([...letters, "*"]);
    const tool = text([...letters, "*", "*"]);
    const target = { server: text(letters), tool: text(letters), readOnly: random.next() < 0.5 };
    const expected = fits([...server], [...target.server]) && fits([...tool], [...target.tool]);
    expect([server, tool, target, allows([`${server}:${tool}`], target)]).toEqual([
      server,
      tool,
      target,
      expected,
    ]);
  }
});

function fits([first, ...pattern]: string[], text: string[]): boolean {
  if (first === undefined) return text.length === 0;
  if (first !== "*") return text[0] === first && fits(pattern, text.slice(1));
  return [...text, ""].some((_, index) => fits(pattern, text.slice(index)));
}
