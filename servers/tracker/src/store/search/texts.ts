import type { JsonValue } from "@trestle/protocol";
import type { Part, TrackedRecord } from "../../model/record.ts";
import type { SearchedKind } from "../queries.ts";

export const SEARCHED_KINDS: readonly SearchedKind[] = [
  "prompt",
  "reply",
  "thinking",
  "call",
  "result",
  "notice",
  "line",
];

/** Of long outputs the beginning and the end are searched: there stand what was asked and what went wrong. */
const HEAD_CHARACTERS = 4_000;
const TAIL_CHARACTERS = 1_000;

export interface PartText {
  readonly kind: SearchedKind;
  readonly text: string;
}

/** What is searched of a record. */
export function textsOf({ parts }: Pick<TrackedRecord, "parts">): PartText[] {
  const texts: PartText[] = [];
  for (const part of parts) {
    const kind = kindOf(part);
    const text = kind && textOf(part);
    if (kind && text) texts.push({ kind, text: shorten(text) });
  }
  return texts;
}

function kindOf(part: Part): SearchedKind | undefined {
  if (part.kind === "usage" || part.kind === "task") return undefined;
  return part.kind === "reply" && part.thinking ? "thinking" : part.kind;
}

function textOf(part: Part): string {
  if (part.kind === "call") return [part.tool, ...stringsIn(part.input)].join("\n");
  return "text" in part ? part.text : "";
}

function* stringsIn(value: JsonValue | undefined): Generator<string> {
  if (typeof value === "string") yield value;
  else if (typeof value === "object" && value !== null) {
    for (const inner of Object.values(value)) yield* stringsIn(inner);
  }
}

function shorten(text: string): string {
  if (text.length <= HEAD_CHARACTERS + TAIL_CHARACTERS) return text;
  return `${text.slice(0, HEAD_CHARACTERS)}\n${text.slice(-TAIL_CHARACTERS)}`;
}
