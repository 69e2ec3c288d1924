import type { Command } from "commander";
import type { Cli } from "./command.ts";
import { EXIT } from "./exit-code.ts";
import { usage } from "./json-input.ts";
import { withExamples } from "./options.ts";

const SHELLS = ["bash", "zsh", "fish"];

export function addCompletion(cli: Cli): void {
  const { program, parts } = cli;
  const command = program
    .command("completion <shell>")
    .description("print what completes commands in your shell: bash, zsh or fish");
  withExamples(command, EXAMPLES).action((shell: string) => {
    parts.print(completionFor(shell, program));
    parts.setExitCode(EXIT.ok);
  });
}

const EXAMPLES = [
  "source <(trestle completion bash)",
  "trestle completion zsh > ~/.zfunc/_trestle",
  "trestle completion fish > ~/.config/fish/completions/trestle.fish",
];

function completionFor(shell: string, program: Command): string {
  if (shell === "bash") return bash(program);
  if (shell === "zsh") {
    return ["#compdef trestle", "autoload -U +X bashcompinit && bashcompinit", bash(program)].join(
      "\n",
    );
  }
  if (shell === "fish") return fish(program);
  throw usage(`There is completion for ${SHELLS.join(", ")}, not for "${shell}".`);
}

interface Level {
  /** The commands that lead here: `keys create`. */
  readonly path: string;
  readonly commands: readonly { readonly name: string; readonly what: string }[];
  readonly options: readonly { readonly name: string; readonly what: string }[];
}

function levelsOf(command: Command, path: readonly string[] = []): Level[] {
  const commands = command.commands.map((each) => ({
    name: each.name(),
    what: each.description(),
  }));
  const options = command.options.flatMap(({ long, description }) =>
    long ? [{ name: long, what: description }] : [],
  );
  const below = command.commands.flatMap((each) => levelsOf(each, [...path, each.name()]));
  const all = [...options, { name: "--help", what: "show how it is used" }];
  return [{ path: path.join(" "), commands, options: all }, ...below];
}

/** Walks the words before the cursor down the commands, then offers what stands there. */
function bash(program: Command): string {
  const levels = levelsOf(program);
  const paths = levels.filter(({ path }) => path !== "").map(({ path }) => `"${path}"`);
  const cases = levels.map(({ path, commands, options }) => {
    const names = [...commands, ...options].map(({ name }) => name);
    return `    "${path}") words="${names.join(" ")}" ;;`;
  });
  return [
    "_trestle() {",
    `  local cur="\${COMP_WORDS[COMP_CWORD]}" path="" next words i`,
    "  for ((i = 1; i < COMP_CWORD; i++)); do",
    `    next="\${path:+$path }\${COMP_WORDS[i]}"`,
    `    case "$next" in ${paths.join("|")}) path="$next" ;; esac`,
    "  done",
    '  case "$path" in',
    ...cases,
    "  esac",
    '  COMPREPLY=($(compgen -W "$words" -- "$cur"))',
    "}",
    "complete -o default -F _trestle trestle",
  ].join("\n");
}

function fish(program: Command): string {
  const lines = levelsOf(program).flatMap(({ path, commands, options }) => {
    const here = `-n '__trestle_at "${path}"'`;
    return [
      ...commands.map(
        ({ name, what }) => `complete -c trestle ${here} -a ${name} -d '${plain(what)}'`,
      ),
      ...options.map(
        ({ name, what }) => `complete -c trestle ${here} -l ${name.slice(2)} -d '${plain(what)}'`,
      ),
    ];
  });
  const known = levelsOf(program).flatMap(({ path }) => (path === "" ? [] : [`"${path}"`]));
  return [
    "function __trestle_at",
    "  set -l path",
    "  for word in (commandline -opc)[2..-1]",
    '    set -l next (string trim -- "$path $word")',
    `    contains -- "$next" ${known.join(" ")}; and set path "$next"`,
    "  end",
    '  test "$path" = "$argv[1]"',
    "end",
    ...lines,
  ].join("\n");
}

function plain(text: string): string {
  return text.replaceAll("\\", "\\\\").replaceAll("'", "\\'");
}
