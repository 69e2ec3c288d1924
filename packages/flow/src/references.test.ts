import { describe, expect, test } from "vitest";
import { DEFAULT_ROOTS, type ReferenceNames } from "./references.ts";
import { fill, type Scope } from "./resolve.ts";
import { parseTemplate } from "./template.ts";

const names: ReferenceNames = {
  inputs: ["city", "amount", "user-id", "first", "last"],
  stepIds: ["fetch", "step_2"],
  roots: DEFAULT_ROOTS,
};
const results: Record<string, unknown> = {
  fetch: JSON.parse(
    '{"items":[{"id":7},{"id":8}],"total":2,"a-b":"hyphen","none":null,"__proto__":{"x":1},"constructor":"own"}',
  ),
  step_2: "plain $city ${input.city}",
};
const scope: Scope = {
  roots: DEFAULT_ROOTS,
  values: {
    input: { city: "Berlin", amount: 5, "user-id": "u1", first: "Ada", last: "L" },
    metadata: { who: "me" },
  },
  result: (id) =>
    id in results
      ? { kind: "value", value: results[id] as never }
      : { kind: "missing", why: `step "${id}" was skipped` },
  lastResult: () => ({ kind: "value", value: { ok: true, list: [] } }),
};
const resolve = (value: unknown) => fill(parseTemplate(value as never, "arguments", names), scope);

describe("a whole-string reference keeps the type of its value", () => {
  test.each([
    ["$last_result", { ok: true, list: [] }],
    ["$last_result.ok", true],
    ["$step_1.items[0].id", 7],
    ["$step_1.items.1.id", 8],
    ["$step_1.items[-1].id", 8],
    ["$step_1.items.length", 2],
    ["$step_1['a-b']", "hyphen"],
    ['$step_1["a-b"]', "hyphen"],
    ["${results.fetch.a-b}", "hyphen"],
    ["${ results.fetch.total }", 2],
    ["${step_1.total}", 2],
    ["${last_result.ok}", true],
    ["$step_1.none", null],
    ["$amount", 5],
    ["${input.amount}", 5],
    ["${amount}", 5],
    ['${input["user-id"]}', "u1"],
    ["${metadata.who}", "me"],
    ["$step_1.constructor", "own"],
  ])("%s", (template, value) => {
    expect(resolve(template)).toEqual(value);
  });
});

describe("an embedded reference is rendered as text", () => {
  test.each([
    ["in $city.", "in Berlin."],
    ["${city}s and $city-ish", "Berlins and Berlin-ish"],
    ["$first$last", "AdaL"],
    ["$${amount}.00", "$5.00"],
    ["n=$step_1.total, ok=$last_result.ok, none=$step_1.none", "n=2, ok=true, none=null"],
    ["items: $step_1.items", 'items: [{"id":7},{"id":8}]'],
    ["see $step_1.total[draft]", "see 2[draft]"],
  ])("%s", (template, text) => {
    expect(resolve(template)).toBe(text);
  });

  test("and a number beyond a double keeps its digits", () => {
    const raw = (JSON as unknown as { rawJSON(text: string): unknown }).rawJSON("9007199254740993");
    const big = { ...scope, lastResult: () => ({ kind: "value", value: raw }) as never };
    const template = parseTemplate(["$last_result", "id=$last_result"], "arguments", names);
    expect(JSON.stringify(fill(template, big))).toBe('[9007199254740993,"id=9007199254740993"]');
  });
});

describe("every other dollar is literal", () => {
  test.each([
    "SELECT * FROM t WHERE a = $1 AND b = $2::int",
    "DO $$body$$",
    "CREATE FUNCTION f() RETURNS int AS $$ BEGIN RETURN 1; END $$ LANGUAGE plpgsql",
    "AS $tag$ SELECT '$1' $tag$",
    "$5.00",
    "US$ 12, 3$ and $",
    "$",
    "$$",
    "echo $HOME $PATH $? $# $@ $0 $(date) $((1+1))",
    "jq '.a | $__loc__'",
    "^\\$\\d+(\\.\\d{2})?$",
    "a$|b$",
    "C:\\dir\\$Recycle.Bin",
    "$last_results",
    "$step_fetch",
    "$step_",
    "$step_1st",
    "$steps",
    "$cities",
    "$.store.book[0].title",
    '{"$ref":"#/definitions/x"}',
    "awk '{print $1, $NF}'",
    "s/(.*)/$1/",
    "price: $12.50/$city_tax",
    "$_POST['x']",
    "\\\\server\\share$",
    "$LAST_RESULT",
  ])("%s", (text) => {
    expect(resolve(text)).toBe(text);
    expect(resolve({ deep: [`x ${text}`] })).toEqual({ deep: [`x ${text}`] });
  });

  test("keys of objects are never references", () => {
    expect(resolve({ $city: 1, "${input.city}": "$city" })).toEqual({
      $city: 1,
      "${input.city}": "Berlin",
    });
  });

  test("an own __proto__ key of the arguments stays an own key", () => {
    const value = resolve(JSON.parse('{"__proto__":{"polluted":"$city"}}'));
    expect(JSON.stringify(value)).toBe('{"__proto__":{"polluted":"Berlin"}}');
    expect(({} as Record<string, unknown>).polluted).toBeUndefined();
  });
});

describe("a backslash", () => {
  test.each([
    ["\\$city", "$city"],
    ["\\${HOME} and \\${input.city}", "${HOME} and ${input.city}"],
    ["\\$last_result.x", "$last_result.x"],
    ["\\\\$city", "\\Berlin"],
    ["\\\\\\$city", "\\$city"],
    ["\\$city $city", "$city Berlin"],
    ["$\\$city", "$$city"],
    ["\\$city\\$city", "$city$city"],
    ["AS \\$city$ SELECT 1 \\$city$", "AS $city$ SELECT 1 $city$"],
    ["\\n stays, \\$5 stays", "\\n stays, \\$5 stays"],
  ])("%s", (template, text) => {
    expect(resolve(template)).toBe(text);
    expect(resolve([template, "$amount"])).toEqual([text, 5]);
  });
});

describe("what can never have a value is refused when it is read", () => {
  test.each([
    ["${HOME}", /\$\{HOME\} names nothing known.*\\\$\{HOME\}/],
    ["${VAR:-default}", /is no reference \(character 1\)/],
    ["a ${results.fetch", /is never closed \(character 3\)/],
    ["${results.fetsh.id}", /names no step of this chain; did you mean "fetch"/],
    ["${results}", /names no step/],
    ["$step_3.id", /the first is \$step_1, and steps count to 2/],
    ["$step_0", /names no step/],
    ["${input.citi}", /names no declared input; did you mean "city"/],
    ["$step_1.__proto__.x", /__proto__/],
    ["cost $$amount", /beside another dollar/],
    ["$amount$", /beside another dollar/],
    ["$city$ SELECT $city$", /beside another dollar/],
    [`$step_1${".a".repeat(40)}`, /deeper than 32/],
  ])("%s", (template, message) => {
    expect(() => resolve({ query: template })).toThrow(message);
    expect(() => resolve({ query: template })).toThrow(/^arguments\.query: /);
  });

  test("arguments nested without end are refused", () => {
    let value: unknown = "$city";
    for (let depth = 0; depth < 100; depth += 1) value = [value];
    expect(() => resolve(value)).toThrow(/nested deeper than 64/);
  });
});

describe("a reference without a value names what is near", () => {
  test.each([
    [
      "$step_1.itemz",
      /\$step_1\.itemz has no value: .*step "fetch" has no "itemz"; did you mean "items"/,
    ],
    ["$step_1.items[2].id", /items is a list of 2 and has no \[2\]/],
    ["$step_1.items.id", /pick one item, as \[0\]\.id/],
    ["$step_1.total.x", /total is number and has no "x"/],
    ["$city.txt", /city is text and has no "txt"; \$\{…\} marks where/],
    ["$step_1.none.x", /none is null/],
    ["$step_1.toString", /has no "toString"/],
    ["$step_2.length", /is text and has no "length"/],
    ["${metadata.whom}", /did you mean "who"/],
  ])("%s", (template, message) => {
    expect(() => resolve(template)).toThrow(message);
  });
});

test("values are data: references inside a result are not read again", () => {
  expect(resolve("$step_2")).toBe("plain $city ${input.city}");
  expect(resolve("<$step_2>")).toBe("<plain $city ${input.city}>");
});

test("a small template cannot grow without bound", () => {
  const large = {
    ...scope,
    lastResult: () => ({ kind: "value", value: "x".repeat(1e6) }) as const,
  };
  const many = parseTemplate(Array(10_000).fill("$last_result"), "arguments", names);
  const text = parseTemplate("$last_result ".repeat(1_000), "arguments", names);
  expect(() => fill(many, large)).toThrow(/grow over/);
  expect(() => fill(text, large)).toThrow(/grow over/);
});

test("hostile texts are read in passing", () => {
  const dollars = "$".repeat(1e6);
  expect(resolve(dollars)).toBe(dollars);
  const slashes = `${"\\".repeat(1e6)}$city`;
  expect(resolve(slashes)).toBe(`${"\\".repeat(5e5)}Berlin`);
  expect(() => resolve(`$step_1.${"a".repeat(1e6)}`)).toThrow(/at most 1000 characters/);
  expect(() => resolve(`\${${"a".repeat(1e6)}`)).toThrow(/is never closed/);
  const odd = Object.fromEntries([
    ["k".repeat(1e6), 1],
    ...Array.from({ length: 1e4 }, (_, n) => [`key${n}`, n]),
  ]);
  const wide = { ...scope, lastResult: () => ({ kind: "value", value: odd }) as const };
  const template = parseTemplate("$last_result.kez7", "arguments", names);
  expect(() => fill(template, wide)).toThrow(/did you mean "key7"/);
});

test("roots may be named otherwise", () => {
  const roots = { results: "steps", input: "with", others: ["item"] };
  const template = parseTemplate(
    ["${steps.fetch.total}", "${with.city}", "${item.x}", "\\${results.a}"],
    "arguments",
    { ...names, roots },
  );
  const values = { with: { city: "Rom" }, item: { x: 1 } };
  expect(fill(template, { ...scope, roots, values })).toEqual([2, "Rom", 1, "${results.a}"]);
});
