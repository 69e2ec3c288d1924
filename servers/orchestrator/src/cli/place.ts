import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import { text } from "node:stream/consumers";
import type { Cli, Place as PlaceOf } from "@trestle/cli";
import { isJsonObject, type JsonObject, type JsonValue, TrestleError } from "@trestle/protocol";
import type { Config } from "../config.ts";
import type { State } from "../state.ts";
import type { Caller } from "../workflows/workflows.ts";

/** What a command works with: the executions of this home, asked for as whoever owns them all. */
export type Place = PlaceOf<Config> & State & { readonly caller: Caller };
export type OrchestratorCli = Cli<Place>;

export interface JsonOption {
  readonly json?: boolean;
}

/** The whole of an answer, for scripts. */
export function printJson({ terminal }: Place, value: unknown): void {
  terminal.print(JSON.stringify(value, null, 2));
}

/** A JSON object that is written on the command line, in a file (`@path`) or on stdin (`-`). */
export async function readObject(place: Place, given: string | undefined, name: string) {
  if (given === undefined) return {};
  const source = given === "-" || given.startsWith("@") ? await readSource(place, given) : given;
  const value = parse(source, name);
  if (isJsonObject(value)) return value as JsonObject;
  throw new TrestleError("invalid_input", `${name} must be a JSON object, such as '{"a":1}'.`);
}

/** Any JSON; what is none is text. */
export function readValue(given: string | undefined): JsonValue {
  if (given === undefined) return null;
  try {
    return JSON.parse(given) as JsonValue;
  } catch {
    return given;
  }
}

/** The text of a file, or of stdin. */
export async function readSource({ process }: Place, given: string): Promise<string> {
  if (given === "-") return text(process.stdin as never);
  const path = resolve(process.cwd(), given.replace(/^@/, ""));
  return readFile(path, "utf8").catch((error: unknown) => {
    throw new TrestleError("invalid_input", `${path} cannot be read: ${String(error)}`);
  });
}

function parse(source: string, name: string): JsonValue {
  try {
    return JSON.parse(source) as JsonValue;
  } catch {
    throw new TrestleError("invalid_input", `${name} is no JSON: ${source.slice(0, 80)}`);
  }
}
