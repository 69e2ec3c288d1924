import { execFile } from "node:child_process";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { promisify } from "node:util";
import { nodeEnvironment, temporaryFolder } from "@trestle/testkit/surroundings";
import { expect, test } from "vitest";
import { cli } from "../src/cli/program.ts";
import { bin, writeShop } from "./_cli.ts";

const read = (path: string) => readFileSync(new URL(path, import.meta.url), "utf8");

test("every command of the page about the command line works", async () => {
  const page = read("../../../docs/tracker-cli.md");
  const blocks = [...page.matchAll(/```sh\n([\s\S]*?)```/g)].map((match) => match[1] ?? "");
  expect(blocks).toHaveLength(6);
  const home = temporaryFolder("tracker");
  writeShop(home);
  const program = join(home, "trestle-tracker");
  writeFileSync(program, `#!/bin/sh\nexec '${process.execPath}' '${bin}' "$@"\n`, { mode: 0o755 });
  const PATH = `${home}:${process.env.PATH}`;
  const running = promisify(execFile)("sh", ["-ec", blocks.join("\n")], {
    ...{ cwd: home, env: { ...nodeEnvironment(), HOME: home, PATH } },
  });
  const { stdout } = await running;
  for (const words of ["Mend the till", "«squeaks»", "TypeError: till", "the same in both"])
    expect(stdout).toContain(words);
  for (const file of ["report.html", "tracker.jsonl", ".trestle/tracker/.env"])
    expect(existsSync(join(home, file))).toBe(true);
}, 240_000);

test("the README names every command", async () => {
  let help = "";
  const stdout = { write: (text: string) => (help += text) };
  await cli.help(["help"], { stdout, env: {} } as never);
  const [, commands = ""] = /Commands, which take [^\n]*\n([\s\S]*)$/.exec(help) ?? [];
  const names = commands.split("\n").flatMap((line) => /^ {2}(\S+)/.exec(line)?.[1] ?? []);
  expect(names.length).toBeGreaterThan(20);
  const [, told = ""] = /## Command line\n([\s\S]*?)\n##/.exec(read("../README.md")) ?? [];
  const unnamed = names.filter((name) => !new RegExp(`\\b${name}\\b`).test(told));
  // What an assistant calls, and what the program does without a word.
  expect(unnamed).toEqual(["serve", "hook"]);
});
