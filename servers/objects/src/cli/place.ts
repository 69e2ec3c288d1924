import type { Cli, Place as PlaceOf } from "@trestle/cli";
import { isJsonObject, type JsonObject, TrestleError } from "@trestle/protocol";
import type { Config } from "../config.ts";
import { isObjectError } from "../object-error.ts";
import type { ObjectRef } from "../protocol.ts";
import type { State } from "../state.ts";
import { toTrestleError } from "../to-trestle-error.ts";
import { readRef } from "../wire/route.ts";

/** What a command works with. */
export type Place = PlaceOf<Config> & { readonly objects: State };
export type ObjectsCli = Cli<Place>;

export interface JsonOption {
  readonly json?: boolean;
}

export function printJson({ terminal }: Pick<Place, "terminal">, value: unknown): void {
  terminal.print(JSON.stringify(value, null, 2));
}

/** `counter/visits` */
export function refOf(text: string): ObjectRef {
  const slash = text.indexOf("/");
  if (slash === -1) {
    throw new TrestleError("invalid_input", `Name an object as CLASS/ID, and not ${text}.`);
  }
  return worded(() => readRef(text.slice(0, slash), text.slice(slash + 1)));
}

export function objectOf(text: string | undefined): JsonObject {
  if (text === undefined) return {};
  try {
    const value: unknown = JSON.parse(text);
    if (isJsonObject(value)) return value;
  } catch {
    // told below
  }
  throw new TrestleError("invalid_input", `Arguments are a JSON object, such as '{"by":2}'.`);
}

function worded<Value>(work: () => Value): Value {
  try {
    return work();
  } catch (error) {
    throw isObjectError(error) ? toTrestleError(error) : error;
  }
}
