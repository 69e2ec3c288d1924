import type { CallPart } from "../model/record.ts";

/** Tools that run what they are given in a shell, of all agents. */
const SHELLS: ReadonlySet<string> = new Set([
  "Bash",
  "PowerShell",
  "shell",
  "local_shell",
  "exec_command",
  "container.exec",
  "run_shell_command",
]);
const MAX_LENGTH = 200;

/** The command line that a call runs; undefined where it runs none. */
export function commandLineOf({
  tool,
  input,
}: Pick<CallPart, "tool" | "input">): string | undefined {
  if (!SHELLS.has(tool)) return undefined;
  const command = input.command ?? input.cmd;
  if (typeof command === "string") return command;
  if (!Array.isArray(command)) return undefined;
  const words = command.filter((word) => typeof word === "string");
  // `bash -lc "what was meant"`
  return /^-\w*c$/.test(words[1] ?? "") ? words[2] : words.join(" ");
}

/** Before a command, and of no meaning for what it is: another folder, variables, limits. */
const BEFORE =
  /^(?:cd\s+(?:"[^"]*"|'[^']*'|[^\s;&|]+)\s*(?:&&|;)\s*|export\s+[^;&]+(?:&&|;)\s*|[A-Za-z_]\w*=(?:"[^"]*"|'[^']*'|\S*)\s+|(?:sudo|time|nice|nohup|env|command)\s+|timeout\s+(?:-\S+\s+)*\S+\s+)/;
/** Behind it: what is shown of its output. */
const BEHIND =
  /\s*(?:\d?>&\d|&?>>?\s*\S+|\|\s*(?:tail|head|tee|cat|less|grep|sed|awk|wc|sort|cut)\b.*)$/s;

/** What somebody wrote for people, such as the message of a commit. */
const WORDS =
  /"\$\(cat <<[\s\S]*?\)"|"(?:[^"\\]|\\.){40,}"|'[^']{40,}'|<<-?\s*['"]?(\w+)[\s\S]*?\n\1(?=\s|$)/g;

/**
 * A command without what changes from one run of it to the next: where it runs, what is shown of its output,
 * ids, times and temporary files.
 */
export function steadyCommand(line: string): string {
  let command = line.trim();
  for (let before = ""; before !== command; ) {
    before = command;
    command = command.replace(BEFORE, "").replace(BEHIND, "").trim();
  }
  return (command === "" ? line.trim() : command)
    .replaceAll(WORDS, "<text>")
    .replaceAll(/\/(?:private\/)?(?:tmp|var\/folders)\/[^\s"']+/g, "<temporary>")
    .replaceAll(/\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f-]{22}\b/gi, "<id>")
    .replaceAll(/\b(?=[0-9a-f]*\d)(?=[0-9a-f]*[a-f])[0-9a-f]{7,64}\b/g, "<hash>")
    .replaceAll(/\b\d{4,}\b/g, "<number>")
    .replaceAll(/\s+/g, " ")
    .slice(0, MAX_LENGTH);
}

const TEST_RUNNERS =
  /(?:^|[\s;&|/])(?:vitest|jest|mocha|ava|pytest|py\.test|tox|nox|rspec|phpunit|ctest|playwright test|cypress run|(?:npm|pnpm|yarn|bun|deno|go|cargo|dotnet|swift|mix|flutter|make|just|turbo|nx|gradle|\.\/gradlew|mvn|bazel)\s+(?:-\S+\s+)*(?:run\s+)?(?:test|nextest|check:test|test:[\w:-]+)|node\s+--test|python3?\s+-m\s+(?:pytest|unittest))(?=$|[\s;&|:])/;

const INSTALLS = /\b(?:install|add|uninstall|remove)\b/;

/** Does it run tests? */
export function isTestCommand(line: string): boolean {
  return line.split(/[;&|\n]+/).some((part) => TEST_RUNNERS.test(part) && !INSTALLS.test(part));
}
