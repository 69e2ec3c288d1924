import { createInterface } from "node:readline/promises";
import { type Clock, systemClock, TrestleError } from "@trestle/protocol";
import {
  type ConfigField,
  parseConfig,
  parseFlags,
  readSurroundings,
} from "@trestle-mcp/server-kit";
import { type Config, config as schema } from "../config.ts";
import { server } from "../server.ts";
import { createState, type State } from "../state.ts";
import { type CliProcess, openTerminal, type Terminal } from "./terminal.ts";

/** Where a command runs. */
export interface Place {
  readonly config: Config;
  /** The server's own folder. */
  readonly dataDir: string;
  readonly state: State;
  readonly terminal: Terminal;
  readonly process: CliProcess;
  readonly clock: Clock;
  /** Aborts at Ctrl-C. */
  readonly signal: AbortSignal;
  /** Asks a person for a yes. Throws `denied` where nobody can be asked. */
  confirm(question: string, yes: boolean | undefined): Promise<boolean>;
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
  const field = fields.find((each) => each.flag === flag);
  const denied = fields.some((each) => `--no-${each.flag.slice(2)}` === flag);
  if (denied) return 0;
  if (field === undefined && flag !== "--env-file") return undefined;
  return value !== undefined || field?.schema.type === "boolean" ? 0 : 1;
}

/** Opens the configured database for one command, and closes it when that is done. */
export async function inPlace(
  settings: readonly string[],
  process: CliProcess,
  work: (place: Place) => Promise<number>,
): Promise<number> {
  const flags = parseFlags(settings, server.configFields);
  const surroundings = readSurroundings(server, flags, process as never);
  const config = parseConfig(schema, server.configFields, surroundings.settings) as Config;
  const { dataDir, log } = surroundings;
  const terminal = openTerminal(process);
  const clock = systemClock;
  const state = createState({ config, dataDir: config.dataDir ?? dataDir, clock, log });
  const controller = new AbortController();
  const stop = (): void => controller.abort();
  process.on("SIGINT", stop);
  process.on("SIGTERM", stop);
  // Who reads only the first lines is no failure.
  process.stdout.on("error", stop);
  const { signal } = controller;
  const confirm: Place["confirm"] = (question, yes) =>
    ask(question, yes, { process, terminal, signal });
  try {
    return await work({ config, dataDir, state, terminal, process, clock, signal, confirm });
  } finally {
    process.off("SIGINT", stop);
    process.off("SIGTERM", stop);
    process.stdout.off("error", stop);
    terminal.status("");
    await state.close();
  }
}

async function ask(
  question: string,
  yes: boolean | undefined,
  { process, terminal, signal }: Pick<Place, "process" | "terminal" | "signal">,
): Promise<boolean> {
  if (yes === true) return true;
  const { stdin: input, stdout: output } = process;
  if (input.isTTY !== true || output.isTTY !== true)
    throw new TrestleError("denied", `${question} Nobody can be asked here: say so with --yes.`);
  const questions = createInterface({ input, output });
  try {
    const answer = await questions.question(`${question} [y/N] `, { signal }).catch(() => "");
    if (/^y(es)?$/i.test(answer.trim())) return true;
    terminal.print("Nothing was done.");
    return false;
  } finally {
    questions.close();
  }
}
