import type { ServerCli } from "./create-cli.ts";
import type { CliProcess } from "./terminal.ts";

/**
 * Runs what the words ask for, and resolves with the exit code. Undefined where they name no command: then
 * the program is the MCP server, and nothing of the command line was loaded.
 */
export function startCli(
  words: readonly string[],
  process: CliProcess,
  load: () => Promise<ServerCli>,
): Promise<number> | undefined {
  const [first] = words;
  if (first === undefined) return undefined;
  if (first === "--help" || first === "-h" || first === "help")
    return load().then((cli) => cli.help(words, process));
  // A flag is the server's, which takes no word that is none.
  if (first.startsWith("-")) return undefined;
  return load().then((cli) => cli.run(words, process));
}
