import type { CliProcess } from "@trestle/cli";
import { startCli } from "@trestle/cli/start";

/** Resolves with the exit code; undefined where the program is the MCP server. */
export function runCli(words: readonly string[], process: CliProcess): Promise<number> | undefined {
  return startCli(words, process, async () => (await import("./program.ts")).cli);
}
