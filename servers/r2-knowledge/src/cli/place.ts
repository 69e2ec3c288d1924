import { type Clock, type ConfigField, systemClock } from "@trestle/protocol";
import { parseConfig, parseFlags, readSurroundings } from "@trestle-mcp/server-kit";
import { type Config, config as schema } from "../config.ts";
import type { KnowledgeStore } from "../knowledge/knowledge-store.ts";
import { server } from "../server.ts";
import { openState } from "../state.ts";
import { type CliProcess, openTerminal, type Terminal } from "./terminal.ts";

/** Where a command runs. */
export interface Place {
  readonly config: Config;
  /** The server's own folder. */
  readonly dataDir: string;
  readonly knowledge: KnowledgeStore;
  readonly terminal: Terminal;
  readonly process: CliProcess;
  readonly clock: Clock;
  /** Aborts at Ctrl-C. */
  readonly signal: AbortSignal;
}

/** The words of the server's settings, and the others. Flags may stand anywhere after the command. */
export function splitWords(words: readonly string[]): { settings: string[]; rest: string[] } {
  const settings: string[] = [];
  const rest: string[] = [];
  const all = [...words];
  for (let word = all.shift(); word !== undefined; word = all.shift()) {
    if (word === "--") return { settings, rest: [...rest, word, ...all] };
    const takes = valuesOf(word, server.configFields);
    if (takes === undefined) rest.push(word);
    else settings.push(word, ...all.splice(0, takes));
  }
  return { settings, rest };
}

/** How many words follow a flag of the server; undefined for what is none. */
function valuesOf(word: string, fields: readonly ConfigField[]): 0 | 1 | undefined {
  if (word === "--verbose") return 0;
  const [flag, value] = word.split("=", 2);
  if (flag !== "--env-file" && !fields.some((field) => field.flag === flag)) return undefined;
  return value === undefined ? 1 : 0;
}

/** Opens the knowledge for one command, and closes it when that is done. */
export async function inPlace(
  settings: readonly string[],
  process: CliProcess,
  work: (place: Place) => Promise<number>,
): Promise<number> {
  const flags = parseFlags(settings, server.configFields);
  const { settings: raw, dataDir, log } = readSurroundings(server, flags, process as never);
  const config = parseConfig(schema, server.configFields, raw) as Config;
  const controller = new AbortController();
  const stop = (): void => controller.abort();
  const { signal } = controller;
  const clock = systemClock;
  const { knowledge } = await openState({ config, dataDir, clock, log });
  process.on("SIGINT", stop);
  process.on("SIGTERM", stop);
  // Who reads only the first lines is no failure.
  process.stdout.on("error", stop);
  try {
    const terminal = openTerminal(process);
    return await work({ config, dataDir, knowledge, terminal, process, clock, signal });
  } finally {
    process.off("SIGINT", stop);
    process.off("SIGTERM", stop);
    process.stdout.off("error", stop);
    await knowledge.close();
  }
}
