import type { ErrorGroup, Resolution } from "../../model/error-group.ts";
import type { ErrorFact } from "../../model/facts.ts";

import { lastPhase } from "./task-state.ts";

/** One more error of a group. */
export function foldError(group: ErrorGroup | undefined, fact: ErrorFact): ErrorGroup {
  if (!group) return toGroup(fact);
  const { at, recordId, sessionId, project } = fact;
  const first = at < group.firstAt ? { firstAt: at, firstRecordId: recordId } : {};
  const last =
    at >= group.lastAt
      ? { lastAt: at, lastRecordId: recordId, lastSessionId: sessionId, project }
      : {};
  const cameBack = group.status === "resolved" && at > (group.resolution?.at ?? at);
  const regression = cameBack
    ? { status: "regressed" as const, regressions: group.regressions + 1, regressedAt: at }
    : {};
  const phase = lastPhase(group.phase, fact.phase);
  const met = phase === undefined ? {} : { phase };
  return { ...group, ...first, ...last, ...met, count: group.count + 1, ...regression };
}

/** Two stores' words on one group, worded as the other one does; what both counted is counted once. */
export function joinGroups(one: ErrorGroup | undefined, other: ErrorGroup): ErrorGroup {
  if (!one) return other;
  const first = other.firstAt <= one.firstAt ? other : one;
  const last = other.lastAt >= one.lastAt ? other : one;
  const judged = (other.resolution?.at ?? 0) >= (one.resolution?.at ?? 0) ? other : one;
  const { resolution, regressedAt, phase: _, ...rest } = other;
  const met = lastPhase(one.phase, other.phase);
  return {
    ...rest,
    firstAt: first.firstAt,
    firstRecordId: first.firstRecordId,
    lastAt: last.lastAt,
    lastRecordId: last.lastRecordId,
    lastSessionId: last.lastSessionId,
    project: last.project,
    count: Math.max(one.count, other.count),
    ...(met === undefined ? {} : { phase: met }),
    status: judged.status,
    regressions: Math.max(one.regressions, other.regressions),
    ...(judged.resolution === undefined ? {} : { resolution: judged.resolution }),
    ...(judged.regressedAt === undefined ? {} : { regressedAt: judged.regressedAt }),
  };
}

export function resolveGroup(group: ErrorGroup, resolution: Resolution | undefined): ErrorGroup {
  const { resolution: _, ...rest } = group;
  if (resolution) return { ...rest, status: "resolved", resolution };
  return { ...rest, status: "open" };
}

function toGroup(fact: ErrorFact): ErrorGroup {
  const { at, recordId, sessionId, project, type, command } = fact;
  return {
    group: fact.group,
    family: fact.family,
    template: fact.template,
    class: fact.class,
    component: fact.component,
    message: fact.message,
    ...(type === undefined ? {} : { type }),
    ...(command === undefined ? {} : { command }),
    firstAt: at,
    firstRecordId: recordId,
    lastAt: at,
    lastRecordId: recordId,
    lastSessionId: sessionId,
    project,
    count: 1,
    status: "open",
    regressions: 0,
    ...(fact.phase === undefined ? {} : { phase: fact.phase }),
  };
}
