import { expect, test } from "vitest";
import { readServe } from "./serve-command.ts";

const read = (line: string) => readServe(line.split(" "));

test.each([
  ["serve", {}, {}],
  ["serve --stdio", {}, { stdio: true }],
  ["serve --config a.json --port 0", { file: "a.json" }, { port: "0" }],
  ["--config a.json serve --stdio", { file: "a.json" }, { stdio: true }],
  ["--config=a.json --env-file b serve", { file: "a.json", envFile: "b" }, {}],
  ["serve --host=::1 --port=1 --port=2", {}, { host: "::1", port: "2" }],
])("`trestle %s` is read at once", (line, where, options) => {
  expect(read(line)).toEqual({ where, options });
});

test.each([
  ["another command", "status"],
  ["nothing", ""],
  ["help", "serve --help"],
  ["a word too many", "serve now"],
  ["words after a bar", "serve -- now"],
  ["an unknown option", "serve --prot 1"],
  ["an option without its value", "serve --port"],
  ["a value that looks like an option", "serve --config --stdio"],
  ["a value for a switch", "serve --stdio=yes"],
  ["an option of the command before it", "--stdio serve"],
  ["a command that is a value", "--config serve"],
])("%s is left to whoever answers for every command", (_what, line) => {
  expect(read(line)).toBeUndefined();
});
