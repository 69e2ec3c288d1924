import { steadyCommand } from "../facts/command.ts";

const MOST_WORDS = 3;
const WORD = /^[A-Za-z][\w:.-]*$/;

/**
 * The program of a command line and what it is asked to do, without what changes from run to run:
 * `cd app && FOO=1 npm run test -- a.test.ts` is `npm run test`.
 */
export function commandHead(command: string): string {
  const rest = steadyCommand(command.slice(0, 2_000).replaceAll("\\\n", " "));
  const [program = "", ...words] = (rest.split(/[;&|<>]/, 1)[0] ?? "").trim().split(" ");
  const name = program.replaceAll(/["']/g, "").split("/").at(-1) ?? "";
  const head = [name];
  for (const word of words) {
    // An option, a path or a value ends what the command is called.
    if (head.length === MOST_WORDS || !WORD.test(word) || /\.\w{1,4}$/.test(word)) break;
    head.push(word);
  }
  return head.join(" ");
}
