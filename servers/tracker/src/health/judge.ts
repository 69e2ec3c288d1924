import { type Notice, noticeOf } from "../alerts/notice.ts";
import { afterLook } from "./alert.ts";
import type { HealthTarget } from "./config.ts";
import type { Kept } from "./keeper.ts";
import type { CheckResult } from "./probes/probe.ts";
import { type HealthWorld, suppressionOf } from "./suppression.ts";
import { afterCheck, newTarget } from "./target-state.ts";

export interface Judged {
  readonly kept: Kept;
  /** Of whom somebody is to be told. */
  readonly notices: readonly Notice[];
}

/** What one more result makes of a target and its alert. `world.states` holds the states before it. */
export function judge(
  target: HealthTarget,
  result: CheckResult,
  {
    before,
    world,
    remindAfterMs,
  }: {
    readonly before: Kept | undefined;
    readonly world: HealthWorld;
    readonly remindAfterMs: number;
  },
): Judged {
  const { now } = world;
  const state = afterCheck(before?.state ?? newTarget(now), result, target);
  const states = new Map(world.states).set(target.name, state);
  const suppression = suppressionOf(target, { ...world, states });
  const alert = afterLook(before?.alert, target, { state, suppression, now, remindAfterMs });
  const notice = noticeOf(before?.alert, alert, { kind: target.kind, now });
  return {
    kept: { state, ...(alert && { alert }) },
    notices: notice === undefined ? [] : [notice],
  };
}

/** What is watched no more cannot be well again: who was told that it fires is told so. */
export function endOfWatch({ alert, kind = "" }: Kept, now: number): readonly Notice[] {
  if (alert?.state !== "firing") return [];
  const resolved = { ...alert, state: "resolved", resolvedAt: now } as const;
  const notice = noticeOf(alert, resolved, { kind, now });
  if (notice === undefined) return [];
  const summary = `${alert.key} is watched no more. It was: ${alert.summary}`;
  return [{ ...notice, payload: { ...notice.payload, summary } }];
}
