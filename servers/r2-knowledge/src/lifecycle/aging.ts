import type { Audit } from "../records/audit.ts";
import type { Diagnosis } from "../records/diagnosis.ts";
import { contextOf, timeOf } from "../records/facts.ts";
import type { Aging } from "./plan-lifecycle.ts";

/** @param confidence odds that the fix works, where there is one */
export function agingOfDiagnosis(record: Diagnosis, confidence: number | undefined): Aging {
  const { id, severity, updatedAt, lastSeen, outcomes, fix } = record;
  const times = [updatedAt, lastSeen, outcomes?.lastAt].map((text) => Date.parse(text ?? ""));
  return {
    of: "diagnoses",
    id,
    touched: Math.max(timeOf(record), ...times.filter(Number.isFinite)),
    context: contextOf(record),
    severity: severity ?? undefined,
    confidence: fix ? confidence : undefined,
  };
}

export function agingOfAudit(record: Audit): Aging {
  return {
    of: "audits",
    id: record.id,
    touched: timeOf(record),
    context: contextOf(record),
    severity: record.severity ?? undefined,
  };
}
