/** What is in one of two places, by key. */
export interface Listed {
  readonly etag: string;
  readonly size: number;
  /** Milliseconds since 1970, by that place's clock. */
  readonly modified: number;
}

/** The versions that were found or made equal last time. */
export interface Pair {
  readonly source: string;
  readonly target: string;
}

export type Side = "source" | "target";

/**
 * What to do about a key that changed on both sides: the one with the later time wins; one side always
 * wins; the loser is kept beside; or nothing is done and it is told. A change wins over a deletion,
 * unless the side that deleted always wins.
 */
export type ConflictRule = "newer" | "source" | "target" | "keep-both" | "report";

export interface SyncRules {
  /** `both`: changes of the target go to the source too. */
  readonly direction: "one-way" | "both";
  /** Whether what was deleted on one side is deleted on the other. */
  readonly deletes: boolean;
  readonly conflicts: ConflictRule;
}

export type SyncStep =
  | {
      readonly action: "copy";
      readonly key: string;
      readonly from: Side;
      readonly keepLoser?: boolean;
    }
  | { readonly action: "delete"; readonly key: string; readonly on: Side }
  /** Both have it, and nobody knows yet whether it is the same: it is read on both sides. */
  | { readonly action: "compare"; readonly key: string }
  /** Both changed it, and the rule is to tell. */
  | { readonly action: "conflict"; readonly key: string; readonly why: string }
  /** Gone on both sides. */
  | { readonly action: "forget"; readonly key: string };

/** One key in both places and in what is remembered of it. */
export interface KeyState {
  readonly key: string;
  readonly source?: Listed | undefined;
  readonly target?: Listed | undefined;
  readonly pair?: Pair | undefined;
}

/** What is to be done for a key; undefined where all is well. */
export function planKey(state: KeyState, rules: SyncRules): SyncStep | undefined {
  const { key, source, target, pair } = state;
  if (!source && !target) return pair && { action: "forget", key };
  if (!pair) return planUnknown(state, rules);
  const isSourceSame = source?.etag === pair.source;
  const isTargetSame = target?.etag === pair.target;
  if (isSourceSame && isTargetSame) return undefined;
  if (rules.direction === "one-way") return planOneWay(state, isSourceSame, rules);
  if (isTargetSame) return carry("source", state, rules);
  if (isSourceSame) return carry("target", state, rules);
  return settle(state, rules);
}

function planUnknown({ key, source, target }: KeyState, rules: SyncRules): SyncStep | undefined {
  if (source && target) return { action: "compare", key };
  if (source) return { action: "copy", key, from: "source" };
  if (rules.direction === "both") return { action: "copy", key, from: "target" };
  return undefined; // the target's own
}

/** The target follows; what somebody changed there goes by the rule. */
function planOneWay(
  state: KeyState,
  isSourceSame: boolean,
  rules: SyncRules,
): SyncStep | undefined {
  const { key, source, target, pair } = state;
  const isTargetSame = target?.etag === pair?.target;
  if (!source) {
    if (!target) return { action: "forget", key };
    return rules.deletes && isTargetSame ? { action: "delete", key, on: "target" } : undefined;
  }
  if (isTargetSame || !target) return { action: "copy", key, from: "source" };
  // Only the target changed: its own affair, unless the source always wins.
  if (isSourceSame && rules.conflicts !== "source") return undefined;
  return { action: "compare", key };
}

/** Only this side changed. */
function carry(from: Side, { key, source, target }: KeyState, rules: SyncRules) {
  const to: Side = from === "source" ? "target" : "source";
  if (from === "source" ? source : target) return { action: "copy", key, from } as const;
  return rules.deletes ? ({ action: "delete", key, on: to } as const) : undefined;
}

/** Both changed. */
function settle(state: KeyState, rules: SyncRules): SyncStep | undefined {
  const { key, source, target } = state;
  if (source && target) return { action: "compare", key };
  const left: Side = source ? "source" : "target";
  const gone: Side = source ? "target" : "source";
  if (rules.conflicts === "report") {
    return { action: "conflict", key, why: `deleted in the ${gone} and changed in the ${left}` };
  }
  if (rules.conflicts === gone && rules.deletes) return { action: "delete", key, on: left };
  return { action: "copy", key, from: left };
}

/** Both have it, both changed it, and the bytes differ. */
export function settleBoth(
  { key, source, target }: KeyState,
  { conflicts, direction }: SyncRules,
): SyncStep {
  if (conflicts === "report") {
    return { action: "conflict", key, why: "changed in the source and in the target" };
  }
  const isSourceNewer = (source?.modified ?? 0) >= (target?.modified ?? 0);
  const newer: Side = isSourceNewer ? "source" : "target";
  const from = conflicts === "newer" || conflicts === "keep-both" ? newer : conflicts;
  if (from === "target" && direction === "one-way") {
    return { action: "conflict", key, why: "changed in the target, which the rule prefers" };
  }
  return { action: "copy", key, from, ...(conflicts === "keep-both" && { keepLoser: true }) };
}
