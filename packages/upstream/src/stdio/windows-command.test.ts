import { win32 } from "node:path";
import { expect, test } from "vitest";
import { type WindowsPlace, windowsCommand } from "./windows-command.ts";

const NODE = "C:\\Program Files\\nodejs";
const FILES = [
  `${NODE}\\node.exe`,
  `${NODE}\\npx`,
  `${NODE}\\npx.cmd`,
  "C:\\tools\\uvx.exe",
  "C:\\tools\\both.exe",
  "C:\\tools\\both.cmd",
  "C:\\work\\run.bat",
  "C:\\work\\sub\\my server.CMD",
].map((file) => file.toLowerCase());

const place: WindowsPlace = {
  environment: {
    Path: `"${NODE}";C:\\tools;`,
    PATHEXT: ".COM;.EXE;.BAT;.CMD;.VBS;.JS",
    ComSpec: "C:\\Windows\\System32\\cmd.exe",
  },
  cwd: "C:\\work",
  // As Windows opens files: dots and blanks at the end of a name are none of it.
  isFile: (path) =>
    FILES.includes(
      win32
        .normalize(path)
        .toLowerCase()
        .replace(/[. ]+$/, ""),
    ),
};
const CMD = "C:\\Windows\\System32\\cmd.exe";
const through = (line: string): object => ({
  file: CMD,
  args: ["/e:ON", "/v:OFF", "/d", "/s", "/c", `"${line}"`],
  isVerbatim: true,
});

test.each<[string, string, string[], object]>([
  ["a script on the path", "npx", ["-y", "x"], through(`"${NODE}\\npx.cmd" -y x`)],
  ["a script with its ending", "npx.cmd", ["a b"], through(`"${NODE}\\npx.cmd" "a b"`)],
  ["a script by its path", ".\\run", [], through('"C:\\work\\run.bat"')],
  ["a script in capitals", "sub/my server.CMD", [], through('"C:\\work\\sub\\my server.CMD"')],
  ["a program on the path", "uvx", ["a b"], { file: "C:\\tools\\uvx.exe", args: ["a b"] }],
  ["the program of two", "both", [], { file: "C:\\tools\\both.exe", args: [] }],
  ["what is not there", "nothing", ["x"], { file: "nothing", args: ["x"] }],
  ["a script behind cmd", "cmd", ["/c", "npx", "a&b"], through(`"${NODE}\\npx.cmd" "a&b"`)],
  ["the same in capitals", "CMD.EXE", ["/D", "/C", "npx"], through(`"${NODE}\\npx.cmd"`)],
  [
    "a program behind cmd",
    "cmd",
    ["/c", "uvx", "a&b"],
    { file: "C:\\tools\\uvx.exe", args: ["a&b"] },
  ],
  ["a word of cmd", "cmd", ["/c", "echo", "x"], { file: "cmd", args: ["/c", "echo", "x"] }],
  ["cmd without a command", "cmd", ["/q"], { file: "cmd", args: ["/q"] }],
  [
    "a line for cmd",
    "cmd",
    ["/c", 'cd "C:\\x" && npx y'],
    { file: "cmd", args: ["/d", "/s", "/c", '"cd "C:\\x" && npx y"'], isVerbatim: true },
  ],
])("%s is started so", (_what, command, args, expected) => {
  expect(windowsCommand(command, args, place)).toEqual(expected);
});

test("where the environment says nothing, the usual endings and the usual shell are tried", () => {
  const bare = { ...place, environment: { PATH: NODE } };
  expect(windowsCommand("npx", [], bare)).toMatchObject({ file: "cmd.exe" });
  expect(windowsCommand("npx", [], { ...place, environment: {} })).toEqual({
    file: "npx",
    args: [],
  });
});

test("what no command line can hold is refused", () => {
  for (const text of ["a\nb", "a\rb", "a\0b"]) {
    expect(() => windowsCommand("npx", [text], place)).toThrow("cannot hold a line break");
  }
});

test.each([".\\run.bat.", ".\\run.bat .", ".\\run.BAT..  ", "npx.cmd."])(
  "%j is the script that Windows takes it for, and no program that gets its arguments unquoted",
  (command) => {
    const { args, isVerbatim } = windowsCommand(command, ["&calc", '"&calc'], place);
    expect(isVerbatim).toBe(true);
    expect(readByScript(String(args.at(-1)))).toEqual(["&calc", '"&calc']);
  },
);

test("line breaks are refused behind every way to a script, and reach programs as they are", () => {
  const ways = [
    ["npx.cmd", ["a\nb"]],
    [".\\run", ["a\r\nb"]],
    ["cmd", ["/c", "npx", "a\nb"]],
    ["cmd.exe", ["/d", "/s", "/c", "npx.cmd", "\n&calc"]],
  ] as const;
  for (const [command, args] of ways) {
    expect(() => windowsCommand(command, args, place), command).toThrow("line break");
  }
  expect(windowsCommand("uvx", ["a\nb"], place)).toEqual({
    file: "C:\\tools\\uvx.exe",
    args: ["a\nb"],
  });
});

const HARD = [
  ...[
    "",
    " ",
    "a b",
    '"',
    '""',
    'a"b',
    '"a b"',
    "\\",
    "a\\",
    "a\\\\",
    '\\"',
    'a\\\\"b c\\',
    "C:\\x y\\",
  ],
  ...[
    "&calc",
    '"&calc',
    '"&calc&"',
    "|more",
    ">out",
    "<in",
    "a^b",
    "^",
    "(a)",
    "!PATH!",
    "a;b,c=d",
  ],
  ...["%PATH%", "%", "%%", "100%", "%PATH", '"%PATH%&calc"', "%cd:~,%", "%*", "%1", "%^PATH%"],
  ...[
    "https://x.y/?a=1&b=%20",
    '{"a": ["b & c"]}',
    "--flag=va lue",
    "ä ö",
    "日本 語",
    "'a b'",
    "`x`",
  ],
];

test.each(HARD)("%j reaches the program behind a script as it is", (text) => {
  const args = ["-y", text, "end"];
  const { args: written } = windowsCommand("npx", args, place);
  expect(readByScript(String(written.at(-1)))).toEqual(args);
});

test("so do all of them together, in any order", () => {
  for (const args of [HARD, HARD.toReversed(), HARD.map((text) => text + text)]) {
    const { args: written } = windowsCommand("npx", args, place);
    expect(readByScript(String(written.at(-1)))).toEqual(args);
  }
});

/** What cmd.exe makes of the line, then the script that passes all on with `%*`, then the program's own start. */
function readByScript(line: string): string[] {
  expect(line.startsWith('""')).toBe(true);
  expect(line.endsWith('"')).toBe(true);
  const expanded = expand(line.slice(1, -1));
  expectNoOperators(expanded);
  const [, rest = ""] = /^"[^"]*"(.*)$/s.exec(expanded) ?? [];
  // The words of a script's line are expanded before `%*` is put there; its operators are looked for after.
  expectNoOperators(`node npx-cli.js ${rest}`);
  return argumentsOf(rest);
}

/** As at a prompt: a name that is not set stays as it is, and `%%` is two signs. */
function expand(text: string): string {
  let expanded = "";
  for (let at = 0; at < text.length; ) {
    const end = text[at] === "%" ? text.indexOf("%", at + 1) : -1;
    const name = end === -1 ? undefined : text.slice(at + 1, end);
    const value =
      name === "cd:~," ? "" : /^(PATH|cd)\b/i.test(name ?? "") ? "EXPANDED&calc" : undefined;
    expanded += value ?? text[at];
    at = value === undefined ? at + 1 : end + 1;
  }
  return expanded;
}

function expectNoOperators(text: string): void {
  let isQuoted = false;
  for (const sign of text) {
    if (sign === '"') isQuoted = !isQuoted;
    else if (!isQuoted) expect("&|<>()^\n").not.toContain(sign);
  }
}

/** As the C runtime of Windows takes a command line apart. */
function argumentsOf(text: string): string[] {
  const found: string[] = [];
  let at = 0;
  while (at < text.length) {
    while (text[at] === " " || text[at] === "\t") at += 1;
    if (at >= text.length) break;
    let word = "";
    let isQuoted = false;
    for (; at < text.length && (isQuoted || !" \t".includes(text[at] ?? "")); at += 1) {
      let slashes = 0;
      while (text[at] === "\\") {
        slashes += 1;
        at += 1;
      }
      if (text[at] !== '"') {
        word += "\\".repeat(slashes);
        if (at >= text.length || (!isQuoted && " \t".includes(text[at] ?? ""))) break;
        word += text[at];
        continue;
      }
      word += "\\".repeat(Math.floor(slashes / 2));
      if (slashes % 2 === 1) word += '"';
      else if (isQuoted && text[at + 1] === '"') {
        word += '"';
        at += 1;
      } else isQuoted = !isQuoted;
    }
    found.push(word);
  }
  return found;
}
