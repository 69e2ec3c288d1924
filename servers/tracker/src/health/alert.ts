import type { HealthTarget } from "./config.ts";
import type { Suppression } from "./suppression.ts";
import type { TargetState } from "./target-state.ts";

/** That a target is not well: pending until it lasted long enough, then firing, and resolved when it is well again. */
export interface Alert {
  /** The target's name. */
  readonly key: string;
  readonly state: "pending" | "firing" | "resolved";
  readonly severity: HealthTarget["severity"];
  readonly summary: string;
  /** Epoch milliseconds. */
  readonly since: number;
  readonly firedAt?: number;
  readonly resolvedAt?: number;
  /** When people were last reminded that it still fires, and how often. */
  readonly remindedAt?: number;
  readonly reminders?: number;
  /** Why it does not fire though it lasted long enough. */
  readonly suppression?: Suppression;
}

export interface AlertLook {
  readonly state: TargetState;
  readonly suppression: Suppression | undefined;
  readonly now: number;
  /** So long after people were told they are told again; 0 never. */
  readonly remindAfterMs?: number;
}

/**
 * The alert after one more look at its target. Somebody is to be told where the state became `firing`, or `resolved`
 * after it had fired, and where `reminders` grew. A flapping target fires once and is not resolved before it settled.
 * Who was told that it fires is told that it is over, whatever is silenced by then.
 */
export function afterLook(
  alert: Alert | undefined,
  target: Pick<HealthTarget, "name" | "severity" | "alertAfterMs">,
  look: AlertLook,
): Alert | undefined {
  const { state, suppression, now } = look;
  const open = alert?.state === "resolved" ? undefined : alert;
  if (state.status !== "down" && !state.isFlapping) {
    // What never fired was never worth a word.
    if (open?.state !== "firing") return alert?.state === "resolved" ? alert : undefined;
    const { suppression: _, ...rest } = open;
    return { ...rest, state: "resolved", resolvedAt: now };
  }
  const current = {
    key: target.name,
    severity: target.severity,
    summary: state.isFlapping
      ? `${target.name} goes up and down.`
      : `${target.name} is down: ${state.last?.detail ?? ""}`,
    since: open?.since ?? now,
    ...(suppression === undefined ? {} : { suppression }),
  };
  if (open?.state === "firing") {
    return { ...current, state: "firing", ...remindersOf(open, look) };
  }
  const isDue = now - current.since >= target.alertAfterMs && suppression === undefined;
  return isDue ? { ...current, state: "firing", firedAt: now } : { ...current, state: "pending" };
}

function remindersOf(
  { firedAt, remindedAt, reminders = 0 }: Alert,
  { suppression, now, remindAfterMs = 0 }: AlertLook,
): Pick<Alert, "firedAt" | "remindedAt" | "reminders"> {
  const fired = { firedAt: firedAt ?? now };
  const isDue = remindAfterMs > 0 && now - (remindedAt ?? fired.firedAt) >= remindAfterMs;
  if (isDue && suppression === undefined) {
    return { ...fired, remindedAt: now, reminders: reminders + 1 };
  }
  return reminders === 0 ? fired : { ...fired, reminders, remindedAt: remindedAt ?? now };
}
