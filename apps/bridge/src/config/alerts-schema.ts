import * as z from "zod";

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

const id = z.string().regex(/^[a-z0-9_-]{1,32}$/, "must be [a-z0-9_-]{1,32}");
const seconds = z.int().min(0).max(86_400);

const rule = z.strictObject({
  when: z.enum(ALERT_KINDS).describe("What it looks at."),
  above: z.number().min(0).optional().describe("It is true above this."),
  over: z.int().min(60).max(86_400).default(300).describe("Seconds that are looked back."),
  minimumCalls: z.int().min(1).default(20).describe("Fewer calls say nothing of shares and means."),
  for: seconds.default(0).describe("Seconds for which it must be true before it is told."),
  resolve: seconds.default(60).describe("Seconds for which it must be false before it is over."),
  server: z.string().min(1).optional().describe("Only this server."),
});

export type AlertRule = z.output<typeof rule>;

/** As they stand where nobody says otherwise. */
const DEFAULT_ALERTS: Readonly<Record<string, z.input<typeof rule>>> = {
  error: { when: "error", above: 10 },
  timeout: { when: "timeout", above: 5 },
  rate_limit_exceeded: { when: "rate_limit_exceeded", above: 10 },
  error_rate: { when: "error_rate", above: 0.05, for: 60 },
  response_time: { when: "response_time", above: 5_000, for: 60 },
  breaker_open: { when: "breaker_open" },
  pin_change: { when: "pin_change" },
};

/** A rule by its own name, or in the place of one of ours; `false` turns that off. */
export const alertsSchema = z
  .record(id, z.union([z.literal(false), rule]))
  .superRefine((rules, context) => {
    for (const [name, given] of Object.entries(rules)) {
      if (given === false || given.when !== "budget" || given.above !== undefined) continue;
      context.addIssue({ code: "custom", path: [name, "above"], message: "a budget needs it" });
    }
  })
  .default({})
  .describe("What people are told of while it lasts: see Alerts below.");

/** The rules that are in effect, by name. */
export function alertRules(given: z.output<typeof alertsSchema>): ReadonlyMap<string, AlertRule> {
  const ours = Object.entries(DEFAULT_ALERTS).map(
    ([name, each]) => [name, rule.parse(each)] as const,
  );
  const all = [...ours, ...Object.entries(given)];
  const merged = new Map(all);
  return new Map([...merged].flatMap(([name, each]) => (each === false ? [] : [[name, each]])));
}
