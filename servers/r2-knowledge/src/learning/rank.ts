import { wordsOf } from "../text/tokens.ts";
import type { FixConfidence } from "./confidence.ts";

/** What speaks for one candidate, each 0 to 1; what can not be said is left out. */
export interface Signals {
  /** How well its words fit, compared with the best of this search. */
  readonly text: number;
  readonly stack?: number | undefined;
  readonly context?: number | undefined;
  readonly confidence: FixConfidence;
}

export interface ExplainedPart {
  readonly name: "text" | "stack" | "context" | "confidence";
  /** 0 to 1. */
  readonly value: number;
  /** 0 to 1; all of them together are 1. */
  readonly weight: number;
  readonly reason: string;
}

export interface Explanation {
  /** 0 to 1: the sum of value × weight. */
  readonly score: number;
  readonly parts: readonly ExplainedPart[];
}

/** What is alike comes first; how well it did decides among what is. */
const WEIGHTS = { text: 0.55, stack: 0.15, context: 0.1, confidence: 0.2 } as const;
const NAMES = ["text", "stack", "context", "confidence"] as const;

const clamped = (value: number): number => Math.min(1, Math.max(0, value));

/** What the signals come to, for the many of which only the order counts. Those left out leave their weight to the others. */
export function scoreOf(
  values: Readonly<Partial<Record<ExplainedPart["name"], number | undefined>>>,
): number {
  let sum = 0;
  let all = 0;
  for (const name of NAMES) {
    const value = values[name];
    if (value === undefined) continue;
    sum += clamped(value) * WEIGHTS[name];
    all += WEIGHTS[name];
  }
  return all === 0 ? 0 : sum / all;
}

/** The same score, and what each of the signals gave. */
export function explain(signals: Signals): Explanation {
  const { text, stack, context, confidence } = signals;
  const said = [
    { name: "text", value: text, reason: textReason(text) },
    ...(stack === undefined ? [] : [{ name: "stack", value: stack, reason: stackReason(stack) }]),
    ...(context === undefined
      ? []
      : [{ name: "context", value: context, reason: contextReason(context) }]),
    { name: "confidence", value: confidence.value, reason: confidence.evidence },
  ] as { name: ExplainedPart["name"]; value: number; reason: string }[];
  const all = said.reduce((sum, { name }) => sum + WEIGHTS[name], 0);
  const parts = said.map((part) => ({
    ...part,
    value: clamped(part.value),
    weight: WEIGHTS[part.name] / all,
  }));
  return { score: scoreOf({ text, stack, context, confidence: confidence.value }), parts };
}

/** How well two contexts fit, 0 to 1: the share of common words. Undefined where one is not known. */
export function contextMatch(
  wanted: string | undefined,
  found: string | undefined,
): number | undefined {
  if (wanted === undefined || found === undefined) return undefined;
  const [ours, theirs] = [new Set(wordsOf(wanted)), new Set(wordsOf(found))];
  if (ours.size === 0 || theirs.size === 0) return wanted === found ? 1 : 0;
  const common = [...ours].filter((word) => theirs.has(word)).length;
  return common / (ours.size + theirs.size - common);
}

function textReason(text: number): string {
  if (text >= 0.999) return "its words fit best of all that were found";
  return `its words fit ${Math.round(text * 100)} % as well as the best`;
}

function stackReason(stack: number): string {
  if (stack >= 0.8) return "it failed at the same place";
  return stack > 0 ? "the stacks share frames" : "it failed at another place";
}

function contextReason(context: number): string {
  if (context >= 0.999) return "the same context";
  return context > 0 ? "a similar context" : "another context";
}
