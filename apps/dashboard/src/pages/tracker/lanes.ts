import type { ErrorGroup, Hit, Task } from "./shapes.ts";

export interface Lane {
  readonly id: string;
  readonly title: string;
  readonly tasks: readonly Task[];
}

const LANES = [
  ["in_progress", "In progress"],
  ["open", "Open"],
  ["blocked", "Blocked"],
] as const;

/** The tasks by their state, the most urgent first; states that we do not know come after those that we do. */
export function lanesOf(tasks: readonly Task[]): readonly Lane[] {
  const byState = Map.groupBy(
    [...tasks].sort((a, b) => b.priority - a.priority),
    ({ status }) => status,
  );
  const known = LANES.map(([id, title]) => ({ id, title, tasks: byState.get(id) ?? [] }));
  const others = [...byState]
    .filter(([id]) => !LANES.some(([lane]) => lane === id))
    .map(([id, own]) => ({ id, title: `${id[0]?.toUpperCase() ?? ""}${id.slice(1)}`, tasks: own }));
  return [...known, ...others];
}

const DAY_MS = 86_400_000;

/** How often something was met in each of the last days, the oldest first; the last one ends now. */
export function sparkOf(times: readonly string[], days: number, now: number): readonly number[] {
  const counts = Array.from({ length: days }, () => 0);
  for (const time of times) {
    // The clock of whoever wrote it down may be ahead of ours.
    const daysAgo = Math.max(0, Math.floor((now - Date.parse(time)) / DAY_MS));
    const at = days - 1 - daysAgo;
    if (at >= 0) counts[at] = (counts[at] ?? 0) + 1;
  }
  return counts;
}

/** The words of an error as a search takes them: in this order, without what stands for what changes. */
export function searchFor({ message }: Pick<ErrorGroup, "message">): string | undefined {
  const words = message
    .split(/[#<>*]/)
    .map((part) => part.replace(/[^\p{L}\p{N}_]+/gu, " ").trim())
    .sort((a, b) => b.length - a.length)[0];
  return words ? `"${words.slice(0, 200)}"` : undefined;
}

export interface Moment {
  readonly at: string;
  readonly key: string;
  readonly kind: "error" | "task" | "said";
  readonly words: string;
}

interface Known {
  readonly tasks: readonly Task[];
  readonly errors: readonly ErrorGroup[];
  readonly hits: readonly Hit[];
}

/** What is known of one session, in the order in which it happened. */
export function momentsOf(session: string, { tasks, errors, hits }: Known): readonly Moment[] {
  const named = tasks.flatMap(({ subject, evidence }) =>
    evidence.map((each) => ({ evidence: each, kind: "task" as const, words: subject })),
  );
  const met = errors.flatMap(({ message, evidence }) =>
    evidence.map((each) => ({ evidence: each, kind: "error" as const, words: message })),
  );
  const said = hits.map(({ evidence, snippet }) => ({
    evidence,
    kind: "said" as const,
    words: snippet.replaceAll(/[«»]/g, ""),
  }));
  const moments = [...met, ...named, ...said]
    .filter(({ evidence }) => evidence.session === session)
    .map(({ evidence, kind, words }) => ({
      at: evidence.at,
      key: `${kind} ${evidence.record} ${words}`,
      kind,
      words,
    }));
  return [...new Map(moments.map((moment) => [moment.key, moment])).values()].sort((a, b) =>
    a.at.localeCompare(b.at),
  );
}

/** The sessions that anything here speaks of, the last first. */
export function sessionsOf({ tasks, errors, hits }: Known): readonly string[] {
  const evidence = [...tasks, ...errors].flatMap((each) => each.evidence);
  const all = [...evidence, ...hits.map((hit) => hit.evidence)].sort((a, b) =>
    b.at.localeCompare(a.at),
  );
  return [...new Set(all.map(({ session }) => session))];
}
