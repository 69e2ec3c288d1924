import type { AlertKind, AlertRule } from "../config/alert-rules.ts";
import type { MetricRow } from "../state/metrics/metrics.ts";

/** One thing that a rule looked at. */
export interface Measured {
  readonly server: string;
  readonly value: number;
}

/** What is known of the bridge when rules are looked at. */
export interface Sources {
  /** By server, of the last so many seconds. */
  metrics(seconds: number): Promise<readonly MetricRow[]>;
  /** The servers of breakers that are open, once for each. */
  openBreakers(): readonly string[];
  /** Servers with definitions that nobody has approved, and how many. */
  waitingPins(): readonly Measured[];
}

/** Whoever calls caused these, not what is called. */
export const OF_CALLERS = new Set([
  ...["cancelled", "conflict", "denied", "in_progress", "invalid_input", "not_found"],
  ...["rate_limited", "too_large", "unauthenticated"],
]);

/** Of each server, where there is anything to be said. */
export async function measure(rule: AlertRule, sources: Sources): Promise<readonly Measured[]> {
  const found = await measureAll(rule, sources);
  return found.filter(({ server }) => rule.server === undefined || server === rule.server);
}

async function measureAll(rule: AlertRule, sources: Sources): Promise<readonly Measured[]> {
  if (rule.when === "breaker_open") return countEach(sources.openBreakers());
  if (rule.when === "pin_change") return sources.waitingPins();
  const rows = await sources.metrics(rule.over);
  const read = READ[rule.when];
  return rows.flatMap((row) => {
    const isRate = rule.when === "error_rate" || rule.when === "response_time";
    if (isRate && row.calls < rule.minimumCalls) return [];
    return [{ server: row.server ?? "", value: read(row) }];
  });
}

const READ: Record<
  Exclude<AlertKind, "breaker_open" | "pin_change">,
  (row: MetricRow) => number
> = {
  error: failures,
  timeout: ({ errors }) => errors.timeout ?? 0,
  rate_limit_exceeded: ({ errors }) => errors.rate_limited ?? 0,
  error_rate: (row) => failures(row) / row.calls,
  response_time: ({ avgMs }) => avgMs,
  budget: ({ cost }) => cost,
};

function failures({ errors }: MetricRow): number {
  return Object.entries(errors)
    .filter(([code]) => !OF_CALLERS.has(code))
    .reduce((sum, [, count]) => sum + count, 0);
}

function countEach(servers: readonly string[]): Measured[] {
  const counts = new Map<string, number>();
  for (const server of servers) counts.set(server, (counts.get(server) ?? 0) + 1);
  return [...counts].map(([server, value]) => ({ server, value }));
}

const UNITS: Record<AlertKind, (value: number) => string> = {
  error: (value) => `${value} calls failed`,
  timeout: (value) => `${value} calls took too long`,
  rate_limit_exceeded: (value) => `${value} calls were beyond a limit`,
  error_rate: (value) => `${Math.round(value * 1_000) / 10} % of the calls failed`,
  response_time: (value) => `calls take ${Math.round(value)} ms on average`,
  breaker_open: (value) => `${value} of its breakers are open`,
  budget: (value) => `its calls cost ${Math.round(value * 100) / 100}`,
  pin_change: (value) => `${value} of its definitions wait to be approved`,
};

/** For people: `one: 7.5 % of the calls failed`. */
export function sayMeasured(kind: AlertKind, { server, value }: Measured): string {
  return `${server}: ${UNITS[kind](value)}`;
}
