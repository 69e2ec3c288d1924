import { parseTree } from "jsonc-parser";
import { expect, test } from "vitest";
import { createRandom, pick, seedOf } from "../../../test/_random.ts";
import { parseDocument } from "../document.ts";
import { changeJson, valueAt } from "./json-edit.ts";

const SECTION = ["mcpServers"];
const change = (text: string, remove: string[], add = {}): string =>
  changeJson(text, SECTION, { remove, add }, "file.json");

test("what is not touched keeps its comments, its spaces and its order", () => {
  const text = `// mine
{
  "theme": "dark", // at night
  "mcpServers": {
    /* first */ "a": { "command": "a" },
    // about b
    "b": {"command":"b"} // the last one
  },
  "zoom":   1.5,
}
`;
  expect(change(text, ["a"], { c: { command: "c" } })).toBe(`// mine
{
  "theme": "dark", // at night
  "mcpServers": {
    /* first */ 
    // about b
    "b": {"command":"b"}, // the last one
    "c": {
      "command": "c"
    }
  },
  "zoom":   1.5,
}
`);
});

test("a member that is there already is written in its place", () => {
  const text = `{ "mcpServers": {\n\t"a": 1, // one\n\t"b": 2\n} }`;
  expect(change(text, [], { a: { command: "x" } })).toBe(
    `{ "mcpServers": {\n\t"a": {\n\t\t"command": "x"\n\t}, // one\n\t"b": 2\n} }`,
  );
});

test.each([
  ["an empty object", "{}", `{\n  "mcpServers": {\n    "a": 1\n  }\n}`],
  ["an empty section", `{ "mcpServers": {} }\n`, `{ "mcpServers": {"a":1} }\n`],
  ["null", `{\n  "mcpServers": null\n}`, `{\n  "mcpServers": {\n    "a": 1\n  }\n}`],
  ["one line", `{"x":1,"mcpServers":{"b":2}}`, `{"x":1,"mcpServers":{"b":2,"a":1}}`],
  [
    "a trailing comma",
    `{"mcpServers":\n {\n  "b": 2, // b\n }}`,
    `{"mcpServers":\n {\n  "b": 2, // b\n  "a": 1,\n }}`,
  ],
])("a member is added to %s", (_what, text, expected) => {
  expect(change(text, [], { a: 1 })).toBe(expected);
});

test("lines end as they did, and a byte order mark stays", () => {
  const text = `\uFEFF{\r\n  "mcpServers": {\r\n    "a": 1,\r\n    "b": 2\r\n  }\r\n}\r\n`;
  expect(change(text, ["a"], { c: 3 })).toBe(
    `\uFEFF{\r\n  "mcpServers": {\r\n    "b": 2,\r\n    "c": 3\r\n  }\r\n}\r\n`,
  );
});

test.each([
  ["a key that is there twice", `{"mcpServers": {"a": 1, "a": 2}}`],
  ["a list", `[1]`],
  ["a section that is a list", `{"mcpServers": [1]}`],
])("%s is refused, by the name of the file", (_what, text) => {
  expect(() => change(text, ["a"], { b: 1 })).toThrow(
    /^file\.json: mcpServers cannot be changed safely/,
  );
});

const ROUNDS = Number(process.env.ROUNDS ?? 400);

test("whatever the file looks like, its other values and all its comments but those of what goes survive", () => {
  const seed = seedOf(process.env);
  const random = createRandom(seed);
  for (let round = 0; round < ROUNDS; round += 1) {
    const text = someText(random);
    const where = `SEED=${seed}, round ${round}:\n${text}`;
    const before = parseDocument(text, "file.json").value as Record<string, object>;
    const names = Object.keys(before.mcpServers ?? {});
    const remove = names.filter(() => random() < 0.4);
    const add =
      random() < 0.7 ? { [pick(["new", "s0"], random)]: { command: "x", args: [1] } } : {};
    const after = change(text, remove, add);
    const value = parseDocument(after, "file.json").value;
    const gone = new Set(remove);
    const kept = Object.entries(before.mcpServers ?? {}).filter(([name]) => !gone.has(name));
    const isChanged = remove.length > 0 || Object.keys(add).length > 0;
    expect(valueAt(value, SECTION) ?? {}, where).toEqual({ ...Object.fromEntries(kept), ...add });
    expect({ ...(value as object), mcpServers: 0 }, where).toEqual({ ...before, mcpServers: 0 });
    if (!isChanged) expect(after, where).toBe(text);
    expect(after.includes("\r\n"), where).toBe(text.includes("\r\n"));
    for (const [comment] of text.matchAll(/keep\d+/g)) expect(after, where).toContain(comment);
    expect(parseTree(after)?.type, where).toBe("object");
  }
});

/** A file with a section of servers, comments and blanks wherever they may stand. */
function someText(random: () => number): string {
  const eol = pick(["\n", "\r\n"], random);
  let comments = 0;
  const space = (): string => pick(["", " ", eol, `${eol}  `, "\t"], random);
  const comment = (): string => {
    comments += 1;
    const name = `keep${comments}`;
    return pick([`// ${name}${eol}`, `/* ${name} */`, `/* ${name}${eol} */`], random);
  };
  const gap = (): string => (random() < 0.2 ? `${space()}${comment()}${space()}` : space());
  // What stands behind a member on its line is about it, and goes with it.
  const object = (members: string[], between = gap): string => {
    const end = members.length > 0 && random() < 0.3 ? "," : "";
    const lines = members.join(`${space()},${eol}${between()}`);
    return `{${between()}${lines}${space()}${end}${eol}${between()}}`;
  };
  const member = (name: string, value: string): string =>
    `${JSON.stringify(name)}${space()}:${space()}${value}`;
  const count = Math.floor(random() * 4);
  const servers = Array.from({ length: count }, (_, index) =>
    member(`s${index}`, object([member("command", '"},{//"'), member("args", "[1, 2]")], space)),
  );
  const parts = [
    ...(random() < 0.8 ? [member("theme", '"dark // {"')] : []),
    ...(random() < 0.9 ? [member("mcpServers", object(servers))] : []),
    ...(random() < 0.6 ? [member("zoom", object([member("x", "1")]))] : []),
  ];
  return `${gap()}${object(parts)}${gap()}`;
}
