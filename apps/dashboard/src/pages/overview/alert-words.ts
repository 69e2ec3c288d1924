import type { Alert } from "../../api/generated.ts";
import { count, duration, percent } from "../../lib/format.ts";

type Measure = Alert["when"];

/** What a rule measures, as its figure is read. */
const NAMES: Readonly<Record<Measure, string>> = {
  error: "Failures",
  timeout: "Timeouts",
  rate_limit_exceeded: "Calls over a limit",
  error_rate: "Share of failures",
  response_time: "Response time",
  breaker_open: "Open circuit breakers",
  budget: "Budget",
  pin_change: "Changed definitions",
};

/** What is wrong; the rule's own name where an operator gave it one. */
export function titleOf({ rule, when }: Pick<Alert, "rule" | "when">): string {
  return rule === when ? NAMES[when] : rule;
}

/** How much there is, and how much there may be. */
export function figuresOf({ when, value, above }: Pick<Alert, "when" | "value" | "above">): string {
  const words = wordsFor(when);
  return `${words(value)}, allowed ${words(above)}`;
}

function wordsFor(when: Measure): (value: number) => string {
  if (when === "error_rate") return percent;
  if (when === "response_time") return duration;
  return (value) => (Number.isInteger(value) ? count(value) : value.toFixed(2));
}
