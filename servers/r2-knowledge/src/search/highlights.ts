import { stemOf } from "../text/stem.ts";
import { forEachWord } from "../text/tokens.ts";
import type { Preview } from "./previews.ts";

/** A piece of a shown text, and where in it words stand that were looked for. */
export interface Highlight {
  readonly field: "name" | "message" | "fix" | "context";
  readonly text: string;
  /** From a character up to before another, in the order of the text; none touches the next. */
  readonly ranges: readonly (readonly [from: number, to: number])[];
}

const FIELDS = ["name", "message", "fix", "context"] as const;
/** Characters of a piece, and of them before its first word. */
const LONGEST = 160;
const BEFORE = 40;

/** The pieces of a preview that have words whose stems are wanted, one of each field. */
export function highlightsOf(preview: Preview, stems: ReadonlySet<string>): Highlight[] {
  return FIELDS.flatMap((field) => {
    const text = preview[field];
    const ranges = rangesIn(text, stems);
    const first = ranges[0];
    if (first === undefined) return [];
    const from = text.length <= LONGEST ? 0 : Math.max(0, first[0] - BEFORE);
    const to = Math.min(text.length, from + LONGEST);
    const within = ranges.filter(([, end]) => end <= to);
    return {
      field,
      text: `${from > 0 ? "…" : ""}${text.slice(from, to)}${to < text.length ? "…" : ""}`,
      ranges: within.map(([start, end]) => shifted(start, end, from)),
    };
  });
}

function shifted(start: number, end: number, from: number): [number, number] {
  // What was left out before is told by one character.
  const by = from > 0 ? from - 1 : 0;
  return [start - by, end - by];
}

function rangesIn(text: string, stems: ReadonlySet<string>): [number, number][] {
  const ranges: [number, number][] = [];
  forEachWord(text, (word, start, end) => {
    if (!stems.has(stemOf(word))) return;
    const last = ranges.at(-1);
    if (last !== undefined && last[1] === start) last[1] = end;
    else ranges.push([start, end]);
  });
  return ranges;
}
