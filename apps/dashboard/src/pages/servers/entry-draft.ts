import type { Entry } from "./pasted.ts";

/** What is written in the form. */
export interface EntryDraft {
  readonly name: string;
  readonly kind: "url" | "command";
  readonly url: string;
  /** `Name: value`, one in each line. */
  readonly headers: string;
  readonly command: string;
  /** `NAME=value`, one in each line. */
  readonly env: string;
}

const NAME = /^[a-z0-9-]{1,16}$/;

/** What is wrong with a draft, in a sentence. */
export function problemOf({ name, kind, url, command }: EntryDraft): string | undefined {
  if (!NAME.test(name.trim()))
    return "Give it a name of small letters, digits and dashes, at most 16.";
  if (kind === "url" && !URL.canParse(url.trim()))
    return "Give the whole address, such as https://example.com/mcp.";
  if (kind === "command" && command.trim() === "") return "Give the command that starts it.";
  return undefined;
}

/** The entry that a draft stands for. */
export function entryOf({ kind, url, headers, command, env }: EntryDraft): Entry {
  if (kind === "url") return { url: url.trim(), ...given("headers", pairsIn(headers, ":")) };
  const [program = "", ...args] = wordsIn(command);
  return { command: program, args, ...given("env", pairsIn(env, "=")) };
}

function given(name: string, pairs: Readonly<Record<string, string>>): Entry {
  return Object.keys(pairs).length === 0 ? {} : { [name]: pairs };
}

function pairsIn(text: string, between: string): Readonly<Record<string, string>> {
  const lines = text.split("\n").filter((line) => line.includes(between));
  return Object.fromEntries(
    lines.map((line) => [
      line.slice(0, line.indexOf(between)).trim(),
      line.slice(line.indexOf(between) + 1).trim(),
    ]),
  );
}

/** As a shell would part them, with quotes of both kinds. */
export function wordsIn(command: string): readonly string[] {
  const words = command.match(/(?:[^\s"']|"[^"]*"|'[^']*')+/g) ?? [];
  return words.map((word) => word.replace(/"([^"]*)"|'([^']*)'/g, "$1$2"));
}
