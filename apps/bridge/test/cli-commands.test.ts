import { execFileSync } from "node:child_process";
import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { temporaryFolder } from "@trestle/testkit/surroundings";
import type { Command } from "commander";
import { describe, expect, test } from "vitest";
import { COMMANDS } from "../src/cli/commands.ts";
import { EXIT } from "../src/cli/exit-code.ts";
import { createProgram } from "../src/cli/program.ts";
import { serviceUnit } from "../src/service/unit.ts";
import { trestle } from "./_cli.ts";

const page = readFileSync(new URL("../../../docs/cli.md", import.meta.url), "utf8");

function openTerminal(): never {
  throw new Error("No command runs here.");
}

function programOf(): Command {
  const parts = { version: "0.0.0", cwd: "/", env: {}, openTerminal, setExitCode() {}, print() {} };
  return createProgram(parts, COMMANDS);
}

interface Listed {
  readonly path: string;
  readonly command: Command;
}

/** Every command that does something, by the words that lead to it. */
function listed(command: Command, path: readonly string[] = []): Listed[] {
  const below = command.commands.flatMap((each) => listed(each, [...path, each.name()]));
  const isGroup =
    command.commands.length > 0 && !command.options.some(({ long }) => long === "--json");
  return path.length === 0 || isGroup ? below : [{ path: path.join(" "), command }, ...below];
}

function helpOf(command: Command): string {
  let text = "";
  command.configureOutput({
    writeOut: (part) => {
      text += part;
    },
  });
  command.outputHelp();
  return text;
}

describe("commands", () => {
  test("docs/cli.md names every one, and no other", () => {
    const [, table = ""] =
      /\| command \| what it does \|\n\|---\|---\|\n([\s\S]*?)\n\n/.exec(page) ?? [];
    const rows = table.split("\n").map((row) => row.split("|")[1] ?? "");
    const named = rows.flatMap((row) => [...row.matchAll(/`([\w-]+)`/g)].map(([, name]) => name));
    const known = programOf().commands.map((command) => command.name());
    expect(named.toSorted()).toEqual(known.toSorted());
  });

  test("every one shows examples, which it can read", () => {
    const without = listed(programOf())
      .filter(({ command }) => !helpOf(command).includes("Examples:"))
      .map(({ path }) => path);
    expect(without).toEqual([]);
    for (const { path, command } of listed(programOf())) {
      const [, examples = ""] = helpOf(command).split("Examples:");
      const lines = examples.split("\n").filter((line) => line.includes("trestle "));
      expect(
        lines.some((line) => line.includes(path)),
        `${path}: ${examples}`,
      ).toBe(true);
    }
  });

  test("every one prints JSON that has something to tell a program", () => {
    // What they print is for a shell, or they take over the terminal.
    const others = ["completion", "serve"];
    const without = listed(programOf())
      .filter(({ command }) => !command.options.some(({ long }) => long === "--json"))
      .map(({ path }) => path);
    expect(without.toSorted()).toEqual(others);
  });

  test("docs/cli.md lists the exit codes as they are", () => {
    const [, table = ""] = /\| code \| meaning \|\n\|---\|---\|\n([\s\S]*?)\n\n/.exec(page) ?? [];
    const codes = [...table.matchAll(/^\| (\d+) \|/gm)].map(([, code]) => Number(code));
    expect(codes).toEqual(Object.values(EXIT));
  });
});

describe("completion", () => {
  function complete(...words: string[]): string[] {
    const script = join(temporaryFolder(), "complete.sh");
    const home = temporaryFolder();
    const text = completions();
    const quoted = words.map((word) => `'${word}'`).join(" ");
    const lines = [
      text,
      `COMP_WORDS=(trestle ${quoted})`,
      `COMP_CWORD=${words.length}`,
      "_trestle",
      `printf '%s\\n' "\${COMPREPLY[@]}"`,
    ];
    writeFileSync(script, lines.join("\n"));
    return execFileSync("bash", [script], { cwd: home, encoding: "utf8" }).trim().split("\n");
  }

  let known = "";
  function completions(): string {
    const print = (text: string): void => {
      known = text;
    };
    if (known === "") {
      const parts = { version: "0.0.0", cwd: "/", env: {}, openTerminal, setExitCode() {}, print };
      createProgram(parts, COMMANDS).parse(["completion", "bash"], { from: "user" });
    }
    return known;
  }

  test("offers commands, those below them, and options, in a real shell", () => {
    expect(complete("ke")).toEqual(["keys"]);
    expect(complete("keys", "ro")).toEqual(["rotate"]);
    expect(complete("--config", "x.json", "audit", "v")).toEqual(["verify"]);
    expect(complete("keys", "create", "name", "--sc")).toEqual(["--scope"]);
    expect(complete("history", "--out")).toEqual(["--outcome"]);
  });

  test("is there for zsh and fish, and for no others", async () => {
    const home = temporaryFolder();
    const zsh = await trestle(["completion", "zsh"], { home });
    expect(zsh.stdout).toMatch(/^#compdef trestle\n[\s\S]*complete -o default/);
    const fish = await trestle(["completion", "fish"], { home });
    expect(fish.stdout).toContain(`complete -c trestle -n '__trestle_at "keys"' -a rotate -d`);
    expect(await trestle(["completion", "tcsh"], { home })).toMatchObject({ code: 2 });
  });
});

describe("the service", () => {
  const start = {
    command: ["/usr/bin/node", '/opt/a "b"/bin.js', "--config", "/etc/100%/$x.json", "serve"],
    env: { TRESTLE_HOME: "/persons/ann/.trestle" },
    folder: "/etc",
    logFile: "/persons/ann/.trestle/bridge/service.log",
  };
  const machine = { env: { HOME: "/persons/ann" }, cwd: "/" };

  test("of systemd is quoted as systemd reads it", () => {
    const { file, text } = serviceUnit(start, { ...machine, platform: "linux" });
    expect(file).toBe("/persons/ann/.config/systemd/user/trestle.service");
    expect(text).toContain(
      'ExecStart="/usr/bin/node" "/opt/a \\"b\\"/bin.js" "--config" "/etc/100%%/$$x.json" "serve"\n',
    );
    expect(text).toContain('Environment="TRESTLE_HOME=/persons/ann/.trestle"\n');
  });

  test("of launchd is good XML", () => {
    const odd = { ...start, command: ["node", "<&>"] };
    const { file, text } = serviceUnit(odd, { ...machine, platform: "darwin" });
    expect(file).toBe("/persons/ann/Library/LaunchAgents/com.trestle.bridge.plist");
    expect(text).toContain("<string>&lt;&amp;&gt;</string>");
    expect(text).toContain("<key>TRESTLE_HOME</key>\n    <string>/persons/ann/.trestle</string>");
    expect(() => serviceUnit(start, { ...machine, platform: "win32" })).toThrow("scheduler");
  });

  test.skipIf(process.platform !== "linux")(
    "is installed, looked at and removed by the system's own manager",
    async () => {
      const home = temporaryFolder();
      const bin = join(home, "bin");
      mkdirSync(bin);
      const manager = join(bin, "systemctl");
      writeFileSync(manager, `#!/bin/sh\necho "$@" >> '${home}/asked'\n`);
      chmodSync(manager, 0o755);
      const env = { PATH: `${bin}:${process.env.PATH}`, SECRET: "a-canary-of-the-shell" };
      const run = (...args: string[]) => trestle(["service", ...args], { home, env });
      const unit = join(home, ".config", "systemd", "user", "trestle.service");
      const planned = await run("install", "--dry-run");
      expect(planned.stdout).toContain("[Service]");
      expect(planned.stdout).toContain("systemctl --user enable --now trestle.service");
      expect([existsSync(unit), existsSync(join(home, "asked"))]).toEqual([false, false]);
      expect(await run("status", "--json")).toMatchObject({ code: 1 });
      expect(await run("install")).toMatchObject({ code: 0, stderr: "" });
      const text = readFileSync(unit, "utf8");
      expect(text).toContain(`"TRESTLE_HOME=${home}"`);
      expect(text).not.toContain("canary");
      const { stdout } = await run("status", "--json");
      expect(JSON.parse(stdout)).toEqual({
        file: unit,
        installed: true,
        running: true,
        current: true,
      });
      expect(await run("uninstall")).toMatchObject({ code: 0 });
      expect(existsSync(unit)).toBe(false);
      expect(readFileSync(join(home, "asked"), "utf8").trim().split("\n")).toEqual([
        "--user daemon-reload",
        "--user enable --now trestle.service",
        "--user is-active trestle.service",
        "--user disable --now trestle.service",
      ]);
      expect(await run("uninstall")).toMatchObject({ code: 1 });
    },
  );
});
