import type { JsonObject } from "@trestle/protocol";
import type { Alert } from "../health/alert.ts";
import type { HealthTarget } from "../health/config.ts";

/** That somebody is to be told of an alert. */
export interface Notice {
  /**
   * The same whoever tells it and however often: receivers know by it what they were told already. Safe in a header
   * and in a key.
   */
  readonly id: string;
  readonly topic: "alert.firing" | "alert.reminder" | "alert.resolved";
  /** Epoch milliseconds. */
  readonly at: number;
  readonly severity: HealthTarget["severity"];
  readonly target: string;
  readonly payload: JsonObject;
}

/** What the step from one alert to the next is worth telling; undefined for nothing. */
export function noticeOf(
  before: Alert | undefined,
  alert: Alert | undefined,
  { kind, now }: { readonly kind: string; readonly now: number },
): Notice | undefined {
  const step = stepOf(before, alert);
  if (step === undefined || alert === undefined) return undefined;
  const { key, severity, summary, since, firedAt, resolvedAt, reminders } = alert;
  const number = step === "reminder" ? `-${reminders}` : "";
  return {
    id: `${encodeURIComponent(key)}-${since}-${step}${number}`,
    topic: `alert.${step}`,
    at: now,
    severity,
    target: key,
    payload: {
      ...{ target: key, kind, severity, since },
      summary: step === "resolved" ? `${key} is well again. It was: ${summary}` : summary,
      ...(firedAt !== undefined && { firedAt }),
      ...(step === "resolved" && resolvedAt !== undefined && { resolvedAt }),
      ...(step === "reminder" && { reminder: reminders ?? 1 }),
    },
  };
}

function stepOf(before: Alert | undefined, alert: Alert | undefined) {
  if (alert === undefined || alert.state === "pending") return undefined;
  if (alert.state !== before?.state) return alert.state;
  const hasReminded = (alert.reminders ?? 0) > (before.reminders ?? 0);
  return alert.state === "firing" && hasReminded ? "reminder" : undefined;
}
