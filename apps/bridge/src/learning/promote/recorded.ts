import { isJsonObject, type JsonObject, type JsonValue } from "@trestle/protocol";

/** One call of the history that is to become a step. */
export interface RecordedCall {
  /** Its number in the history. */
  readonly number: number;
  readonly executionId: string;
  readonly server: string;
  readonly tool: string;
  /** As kept: without secrets. */
  readonly arguments: JsonObject;
  /** Epoch milliseconds. */
  readonly startedAt: number;
  readonly endedAt: number;
  /** What a step sees of the result; nothing where it was not kept. */
  readonly result?: { readonly document: JsonValue };
  /** What the tool says of its arguments, where it is there still. */
  readonly inputSchema?: JsonObject | undefined;
}

/** A step of the chain to be, by default. */
export function stepIdOf(index: number): string {
  return `step_${index + 1}`;
}

/** Does the history keep only that something was there? A secret, or the rest of a long text. */
export function isHidden(value: JsonValue): boolean {
  if (typeof value !== "string") return false;
  return value.includes("[redacted]") || value === "[too deep]" || /… \(\d+ more\)$/.test(value);
}

/** Were the arguments too long to be kept at all? */
export function isWithoutArguments(args: JsonObject): boolean {
  return typeof args["[too large]"] === "string" && Object.keys(args).length === 1;
}

/** Is it one value, and not several in one? Numbers that no double holds are objects to JavaScript. */
export function isScalar(value: JsonValue): boolean {
  if (Array.isArray(value)) return false;
  return !isJsonObject(value) || "rawJSON" in value;
}
