import type { Change } from "../objects/shapes.ts";

/** What was read and what the feed told since, each change once, the last first. */
export function addChanges(
  read: readonly Change[],
  told: readonly Change[],
  most: number,
): readonly Change[] {
  // What was read says more than what was told: it comes last.
  const bySeq = new Map([...told, ...read].map((change) => [change.seq, change]));
  return [...bySeq.values()].sort((a, b) => b.seq - a.seq).slice(0, most);
}

/** What a change told, in words: an event is a few names with their values. */
export function wordsOf(event: unknown): string {
  if (typeof event !== "object" || event === null) return JSON.stringify(event);
  return Object.entries(event)
    .map(([name, value]) => `${name} ${typeof value === "string" ? value : JSON.stringify(value)}`)
    .join(", ");
}

/** A change of an object in the payload of an event; undefined where it tells that changes were missed. */
export function changeIn(payload: Readonly<Record<string, unknown>>): Change | undefined {
  const { seq, at, kind } = payload;
  if (typeof seq !== "number" || typeof at !== "number" || kind === "lost") return undefined;
  return payload as unknown as Change;
}
