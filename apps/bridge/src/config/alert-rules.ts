/** What a rule may look at. */
export const ALERT_KINDS = [
  "error",
  "timeout",
  "rate_limit_exceeded",
  "error_rate",
  "response_time",
  "breaker_open",
  "budget",
  "pin_change",
] as const;
export type AlertKind = (typeof ALERT_KINDS)[number];

export interface AlertRule {
  readonly when: AlertKind;
  /** It is true above this. */
  readonly above?: number | undefined;
  /** Seconds that are looked back. */
  readonly over: number;
  readonly minimumCalls: number;
  /** Seconds for which it must be true before it is told. */
  readonly for: number;
  /** Seconds for which it must be false before it is over. */
  readonly resolve: number;
  /** Only this server. */
  readonly server?: string | undefined;
}

/** What a rule says where it leaves something out. */
export const DEFAULT_SCOPE = { over: 300, minimumCalls: 20, for: 0, resolve: 60 } as const;

/** As they stand where nobody says otherwise. */
const DEFAULT_ALERTS: Readonly<Record<string, AlertRule>> = {
  error: { ...DEFAULT_SCOPE, when: "error", above: 10 },
  timeout: { ...DEFAULT_SCOPE, when: "timeout", above: 5 },
  rate_limit_exceeded: { ...DEFAULT_SCOPE, when: "rate_limit_exceeded", above: 10 },
  error_rate: { ...DEFAULT_SCOPE, when: "error_rate", above: 0.05, for: 60 },
  response_time: { ...DEFAULT_SCOPE, when: "response_time", above: 5_000, for: 60 },
  breaker_open: { ...DEFAULT_SCOPE, when: "breaker_open" },
  pin_change: { ...DEFAULT_SCOPE, when: "pin_change" },
};

/** The rules that are in effect, by name: those that are configured, and ours where nothing takes their place. */
export function alertRules(
  given: Readonly<Record<string, AlertRule | false>>,
): ReadonlyMap<string, AlertRule> {
  const all = Object.entries({ ...DEFAULT_ALERTS, ...given });
  return new Map(all.flatMap(([name, each]) => (each === false ? [] : [[name, each]])));
}
