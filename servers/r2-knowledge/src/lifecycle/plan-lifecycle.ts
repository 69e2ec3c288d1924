import { createHash } from "node:crypto";
import { matchesGlob } from "@trestle/protocol";
import { parseSpan } from "../knowledge/since.ts";
import type { LegalHold, LifecyclePolicy, LifecycleRule } from "./policy.ts";

/** What rules and holds ask of a record. */
export interface Aging {
  readonly of: "diagnoses" | "audits";
  readonly id: string;
  /** When it was stored, changed or met last: the latest of these. Milliseconds since 1970. */
  readonly touched: number;
  readonly context?: string | undefined;
  readonly severity?: string | undefined;
  /** Odds that its fix works, 0 to 1; undefined without a fix. */
  readonly confidence?: number | undefined;
}

export interface LifecycleStep {
  readonly action: LifecycleRule["action"];
  readonly of: Aging["of"];
  readonly id: string;
  readonly touched: number;
  /** The rule that says so. */
  readonly rule: string;
}

export interface LifecyclePlan {
  readonly steps: readonly LifecycleStep[];
  /** Records that a rule would take and a hold keeps, by the name of the hold. */
  readonly held: Readonly<Record<string, number>>;
  /** Records that a rule would take and that are younger than the policy lets go. */
  readonly tooYoung: number;
  readonly seen: number;
  /** Stands for exactly these steps: who applies a plan names the one that was looked at. */
  readonly digest: string;
}

/** What is to go by now. The first rule that fits decides; a hold is above all rules. */
export async function planLifecycle(
  records: AsyncIterable<Aging> | Iterable<Aging>,
  policy: LifecyclePolicy,
  now: number,
): Promise<LifecyclePlan> {
  const rules = policy.rules.map((rule) => ({ ...rule, ms: parseSpan(rule.after, "after") }));
  const youngest =
    policy.keepAtLeast === undefined ? 0 : parseSpan(policy.keepAtLeast, "keepAtLeast");
  const steps: LifecycleStep[] = [];
  const held: Record<string, number> = {};
  let tooYoung = 0;
  let seen = 0;
  for await (const record of records) {
    seen += 1;
    const age = now - record.touched;
    const rule = rules.find((one) => age > one.ms && fits(record, one));
    if (!rule) continue;
    const hold = holdOn(record, policy.holds, now);
    if (hold) held[hold.name] = (held[hold.name] ?? 0) + 1;
    else if (age <= youngest) tooYoung += 1;
    else {
      const { of, id, touched } = record;
      steps.push({ action: rule.action, of, id, touched, rule: rule.name });
    }
  }
  steps.sort((one, other) => compare(one.of, other.of) || compare(one.id, other.id));
  return { steps, held, tooYoung, seen, digest: digestOf(steps) };
}

/** The hold that keeps a record, if there is one. */
export function holdOn(
  record: Aging,
  holds: readonly LegalHold[],
  now: number,
): LegalHold | undefined {
  return holds.find((hold) => {
    const { ids, of, where } = hold;
    if (!isActive(hold, now)) return false;
    if (of !== undefined && of !== record.of) return false;
    return (
      ids?.includes(record.id) || (where !== undefined && fits(record, { of: record.of, where }))
    );
  });
}

export function isActive({ until }: Pick<LegalHold, "until">, now: number): boolean {
  return until === undefined || Date.parse(until) > now;
}

function fits(
  { of, context = "", severity, confidence }: Aging,
  rule: Pick<LifecycleRule, "of" | "where">,
): boolean {
  if (rule.of !== of) return false;
  const { where = {} } = rule;
  if (
    where.context !== undefined &&
    !matchesGlob(where.context.toLowerCase(), context.toLowerCase())
  )
    return false;
  if (where.severity && !where.severity.some((one) => one === severity)) return false;
  if (where.hasFix !== undefined && where.hasFix !== (confidence !== undefined)) return false;
  return where.maxConfidence === undefined || (confidence ?? 0) <= where.maxConfidence;
}

function digestOf(steps: readonly LifecycleStep[]): string {
  const hash = createHash("sha256");
  for (const { action, of, id, touched } of steps)
    hash.update(`${action} ${of} ${id} ${touched}\n`);
  return hash.digest("hex").slice(0, 16);
}

function compare(one: string, other: string): number {
  return one < other ? -1 : one > other ? 1 : 0;
}
