import { wordsOf } from "../text/tokens.ts";
import type { FixConfidence } from "./confidence.ts";

/** One piece of knowledge about a topic. */
export interface TopicItem {
  readonly id: string;
  readonly error: string;
  /** What the errors that are one and the same have in common. */
  readonly fingerprint: string | undefined;
  readonly fix: string | undefined;
  readonly context: string | undefined;
  readonly confidence: FixConfidence;
  /** Milliseconds since 1970. */
  readonly at: number;
}

export interface Conflict {
  readonly kind: "different_fixes" | "contested";
  readonly ids: readonly string[];
  readonly what: string;
}

export interface Gap {
  readonly kind: "no_fix" | "never_tried" | "failing" | "stale";
  readonly ids: readonly string[];
  readonly what: string;
}

const STALE_MS = 365 * 86_400_000;
/** Fixes that share fewer of their words than this say something else. */
const SAME_FIX = 0.3;

/** Where what is known contradicts itself: one error with fixes that differ, or a fix that works for some only. */
export function conflictsOf(items: readonly TopicItem[]): Conflict[] {
  const contested = items
    .filter(
      ({ confidence: { worked, failed } }) =>
        Math.min(worked, failed) * 4 >= worked + failed && failed > 0,
    )
    .map(({ id, confidence: { worked, failed } }) => ({
      kind: "contested" as const,
      ids: [id],
      what: `The fix of ${id} worked ${worked} times and failed ${failed} times: find out what was different.`,
    }));
  return [...groupsOf(items).flatMap(differing), ...contested];
}

/** What nobody knows yet, the most useful to find out first. */
export function gapsOf(items: readonly TopicItem[], now: number): Gap[] {
  const open = items.filter(({ fix }) => fix === undefined);
  const solved = new Set(items.filter(({ fix }) => fix !== undefined).map(keyOf));
  const unsolved = open.filter((item) => !solved.has(keyOf(item)));
  const fixes = items.filter(({ fix }) => fix !== undefined);
  const tried = fixes.filter(({ confidence }) => confidence.worked + confidence.failed > 0);
  const untried = fixes.filter((item) => !tried.includes(item));
  const failing = tried.filter(({ confidence }) => confidence.failed > 0 && confidence.value < 0.5);
  const stale = fixes.filter(
    ({ at, confidence }) =>
      confidence.value >= 0.5 && now - at > STALE_MS && confidence.ageFactor < 0.3,
  );
  return [
    gap("no_fix", unsolved, "no fix is known"),
    gap("failing", failing, "the known fix fails more often than it works"),
    gap("never_tried", untried, "nobody reported yet whether the fix works: use record_outcome"),
    gap("stale", stale, "nothing was heard of the fix for more than a year"),
  ].filter(({ ids }) => ids.length > 0);
}

function gap(kind: Gap["kind"], items: readonly TopicItem[], what: string): Gap {
  const errors = [...new Set(items.map(({ error }) => error))].slice(0, 3).join("; ");
  return { kind, ids: items.map(({ id }) => id), what: `${what} (${errors})` };
}

function keyOf({ fingerprint, error }: TopicItem): string {
  return fingerprint ?? error;
}

function groupsOf(items: readonly TopicItem[]): TopicItem[][] {
  const groups = new Map<string, TopicItem[]>();
  for (const item of items) groups.set(keyOf(item), [...(groups.get(keyOf(item)) ?? []), item]);
  return [...groups.values()];
}

function differing(group: readonly TopicItem[]): Conflict[] {
  const fixes = group.filter(({ fix }) => fix !== undefined);
  const kinds: TopicItem[][] = [];
  for (const item of fixes) {
    const alike = kinds.find(([first]) => likeness(first?.fix ?? "", item.fix ?? "") >= SAME_FIX);
    if (alike) alike.push(item);
    else kinds.push([item]);
  }
  if (kinds.length < 2) return [];
  const best = fixes.toSorted((a, b) => b.confidence.value - a.confidence.value)[0];
  return [
    {
      kind: "different_fixes",
      ids: fixes.map(({ id }) => id),
      what: `${kinds.length} different fixes for ${group[0]?.error}; ${best?.id} has the best odds (${Math.round((best?.confidence.value ?? 0) * 100)} %).`,
    },
  ];
}

/** The share of common words. */
function likeness(first: string, second: string): number {
  const [ours, theirs] = [wordSet(first), wordSet(second)];
  const common = [...ours].filter((word) => theirs.has(word)).length;
  const all = ours.size + theirs.size - common;
  return all === 0 ? 1 : common / all;
}

function wordSet(text: string): Set<string> {
  return new Set(wordsOf(text.slice(0, 4_000)));
}
