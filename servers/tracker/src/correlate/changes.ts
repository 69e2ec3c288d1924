import type { EditTrace, RunTrace } from "../store/traces.ts";
import type { Change } from "./change-points.ts";

/** Edits of one session with no longer pause than this are one change. */
const PAUSE_MS = 300_000;
/** Commands that change what runs: of version control, and whatever calls itself a deployment. */
const CHANGING =
  /^git (?:commit|merge|pull|push|revert|checkout|switch|rebase)\b|\b(?:deploy|release|migrate)\b/;

type Edit = Pick<EditTrace, "ref" | "session" | "at" | "path">;
type Run = Pick<RunTrace, "ref" | "at" | "command" | "ok">;

/** What was changed: bursts of edits, and commands that succeeded and change a system; in the order of time. */
export function changesOf(edits: readonly Edit[], runs: readonly Run[]): Change[] {
  const ofRuns = runs
    .filter(({ command, ok }) => ok && CHANGING.test(command))
    .map(({ ref, at, command }) => ({ ref, at, label: command }));
  const bySession = Map.groupBy(edits, ({ session }) => session);
  const ofEdits = [...bySession.values()].flatMap((all) => burstsOf(all).map(toChange));
  return [...ofRuns, ...ofEdits].toSorted((a, b) => a.at - b.at);
}

function burstsOf(edits: readonly Edit[]): Edit[][] {
  const bursts: Edit[][] = [];
  for (const edit of edits.toSorted((a, b) => a.at - b.at)) {
    const last = bursts.at(-1);
    const before = last?.at(-1);
    if (before !== undefined && edit.at - before.at <= PAUSE_MS) last?.push(edit);
    else bursts.push([edit]);
  }
  return bursts;
}

/** It has its effect when it begins. */
function toChange(burst: readonly Edit[]): Change {
  const { ref, at, path } = burst[0] as Edit;
  const files = [...new Set(burst.map((edit) => edit.path))];
  const label = files.length === 1 ? `edit of ${path}` : `edits of ${files.length} files`;
  return { ref, at, label, files };
}
