import { useCallback, useMemo, useState } from "react";
import { recall, remember } from "../../lib/storage.ts";
import { type Definition, readDefinition, writeDefinition } from "./definition.ts";

const STEPS_BACK = 100;

export interface Editor {
  readonly definition: Definition;
  /** As the server has it. */
  readonly kept: Definition;
  /** It is not as it was when it was read or saved. */
  readonly changed: boolean;
  change(next: Definition): void;
  undo: (() => void) | undefined;
  redo: (() => void) | undefined;
  /** It is kept by the server now, as this. */
  saved(as: Definition): void;
  /** Back to what the server has. */
  discard(): void;
}

interface Versions {
  readonly past: readonly Definition[];
  readonly now: Definition;
  readonly next: readonly Definition[];
  readonly kept: Definition;
}

/** A definition that is changed, with ways back. What is not saved outlives a closed page in this browser. */
export function useEditor(kept: Definition, draftName: string): Editor {
  const [versions, setVersions] = useState<Versions>(() => ({
    past: [],
    now: draftOf(draftName) ?? kept,
    next: [],
    kept,
  }));
  const apply = useCallback(
    (step: (versions: Versions) => Versions) =>
      setVersions((before) => {
        const after = step(before);
        const isSame = writeDefinition(after.now) === writeDefinition(after.kept);
        remember(`workflow:${draftName}`, isSame ? undefined : writeDefinition(after.now));
        return after;
      }),
    [draftName],
  );
  return useMemo(() => {
    const { past, now, next } = versions;
    return {
      definition: now,
      kept: versions.kept,
      changed: writeDefinition(now) !== writeDefinition(versions.kept),
      change: (to) => apply((before) => withChange(before, to)),
      undo: past.length === 0 ? undefined : () => apply(back),
      redo: next.length === 0 ? undefined : () => apply(forth),
      saved: (as) => apply((before) => ({ ...before, now: as, kept: as })),
      discard: () => apply((before) => withChange(before, before.kept)),
    };
  }, [versions, apply]);
}

function draftOf(name: string): Definition | undefined {
  const text = recall(`workflow:${name}`);
  if (text === undefined) return undefined;
  const found = readDefinition(text);
  return "definition" in found ? found.definition : undefined;
}

function withChange(before: Versions, to: Definition): Versions {
  if (to === before.now) return before;
  return { ...before, past: [...before.past.slice(-STEPS_BACK), before.now], now: to, next: [] };
}

function back(before: Versions): Versions {
  const last = before.past.at(-1);
  if (last === undefined) return before;
  return {
    ...before,
    past: before.past.slice(0, -1),
    now: last,
    next: [before.now, ...before.next],
  };
}

function forth(before: Versions): Versions {
  const [first, ...next] = before.next;
  return first === undefined
    ? before
    : { ...before, past: [...before.past, before.now], now: first, next };
}
