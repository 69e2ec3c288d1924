import type { CliProcess } from "./terminal.ts";

/**
 * Runs what the words ask for, and resolves with the exit code. Undefined where they name no command: then
 * the program is the MCP server.
 */
export function runCli(words: readonly string[], process: CliProcess): Promise<number> | undefined {
  const [first] = words;
  if (first === undefined) return undefined;
  if (first === "--help" || first === "-h" || first === "help")
    return load((cli) => cli.help(words, process));
  // A flag is the server's, which takes no word that is none.
  if (first.startsWith("-")) return undefined;
  return load((cli) => cli.run(words, process));
}

async function load(
  work: (cli: typeof import("./program.ts")) => Promise<number>,
): Promise<number> {
  return work(await import("./program.ts"));
}
