import { parse } from "smol-toml";
import { expect, test } from "vitest";
import { createRandom, pick, seedOf } from "../../../test/_random.ts";
import { changeToml, parseToml, restoreToml } from "./toml-edit.ts";

const change = (text: string, remove: string[], add = {}): string =>
  changeToml(text, "mcp_servers", { remove, add }, "config.toml");

const CONFIG = `model = "gpt" # mine

# about a
[mcp_servers.a]
command = "a" # starts a
args = [
  "[mcp_servers.b]", # only looks like a table
]

[mcp_servers.a.env]
TEXT = """
[mcp_servers.b]
"""

# about b
[mcp_servers.b]
command = 'b'

# about the rest
[profiles.x]
model = "other"
`;

test("whole tables go, with what is below them; every other line stays", () => {
  expect(change(CONFIG, ["a"])).toBe(`model = "gpt" # mine

# about a
# about b
[mcp_servers.b]
command = 'b'

# about the rest
[profiles.x]
model = "other"
`);
});

test("what is added stands at the end, and what goes can come back as it was", () => {
  const after = change(CONFIG, ["a", "b"], { trestle: { command: "t", args: ["x"] } });
  expect(after).toMatch(/\n\n\[mcp_servers\.trestle\]\ncommand = "t"\nargs = \[ "x" \]\n$/);
  const back = restoreToml(change(after, ["trestle"]), "mcp_servers", CONFIG, ["a", "b"]);
  expect(parse(back)).toEqual(parse(CONFIG));
  expect(back).toContain('command = "a" # starts a');
});

test("lines end as they did", () => {
  const after = change("[mcp_servers.a]\r\ncommand = 'a'\r\n", ["a"], { b: { command: "b" } });
  expect(after).toBe('[mcp_servers.b]\r\ncommand = "b"\r\n');
});

test("names that need quotes are found", () => {
  const text = `[mcp_servers."my server"]\ncommand = "a"\n\n[mcp_servers.'my server'.env]\nA = "1"\n`;
  expect(change(text, ["my server"]).trim()).toBe("");
});

test.each([
  ["a table within a line", `[mcp_servers]\na = { command = "a" }\n`],
  ["dotted keys", `mcp_servers.a.command = "a"\n`],
])("%s is refused, and what to do is said", (_what, text) => {
  expect(() => change(text, ["a"])).toThrow(
    "config.toml: its servers are not written as tables [mcp_servers.NAME]; write them so, and try again.",
  );
});

test("what cannot be read is named by its line", () => {
  expect(() => parseToml('a = 1\nb = "x\n', "config.toml")).toThrow(
    /^config\.toml:2: not valid TOML/,
  );
});

const ROUNDS = Number(process.env.ROUNDS ?? 100);

test("whatever the file looks like, its other tables and their comments survive", () => {
  const seed = seedOf(process.env);
  const random = createRandom(seed);
  for (let round = 0; round < ROUNDS; round += 1) {
    const text = someText(random);
    const where = `SEED=${seed}, round ${round}:\n${text}`;
    const { mcp_servers: servers = {}, ...others } = parse(text);
    const remove = Object.keys(servers).filter(() => random() < 0.5);
    const add = random() < 0.6 ? { trestle: { command: "t", env: { A: "1" } } } : {};
    const after = change(text, remove, add);
    const { mcp_servers: got = {}, ...rest } = parse(after);
    const kept = Object.entries(servers).filter(([name]) => !remove.includes(name));
    expect(rest, where).toEqual(others);
    expect(got, where).toEqual({ ...Object.fromEntries(kept), ...add });
    for (const [comment] of text.matchAll(/keep\d+/g)) expect(after, where).toContain(comment);
    const back = restoreToml(
      changeToml(after, "mcp_servers", { remove: Object.keys(add) }, "config.toml"),
      "mcp_servers",
      text,
      remove,
    );
    expect(parse(back), where).toEqual(parse(text));
  }
});

function someText(random: () => number): string {
  const eol = pick(["\n", "\r\n"], random);
  let comments = 0;
  const comment = (): string[] => {
    if (random() < 0.6) return [];
    comments += 1;
    return [`# keep${comments}`];
  };
  const blank = (): string[] => (random() < 0.5 ? [""] : []);
  const value = (): string =>
    pick(
      ['"[mcp_servers.s0]"', "'# no comment'", '[\n"[x]",\n]', '"""\n[mcp_servers.s1]\n"""', "1"],
      random,
    );
  const server = (index: number): string[] => [
    ...[`[mcp_servers.${pick([`s${index}`, `"s${index}"`], random)}]`, `command = ${value()}`],
    ...(random() < 0.5 ? [...blank(), `[mcp_servers.s${index}.env]`, `A = ${value()}`] : []),
  ];
  const other = (index: number): string[] => [
    ...[`[other.t${index}]`, ...comment(), `x = ${value()}`],
  ];
  const tables = Array.from({ length: Math.floor(random() * 6) }, (_, index) => [
    ...blank(),
    ...comment(),
    ...(random() < 0.6 ? server(index) : other(index)),
    ...blank(),
    ...comment(),
  ]);
  return [...comment(), `top = ${value()}`, ...tables.flat(), ""].join("\n").replaceAll("\n", eol);
}
