import type { JsonObject } from "@trestle/protocol";
import { lastEdit } from "../coediting/clocks.ts";
import type { LedgerLine } from "../ledger/fold.ts";
import type { Audit } from "../records/audit.ts";
import type { Diagnosis } from "../records/diagnosis.ts";
import {
  contextOf,
  facetsOf,
  softwareVersionOf,
  statedConfidence,
  timeOf,
  versionOf,
} from "../records/facts.ts";
import type { SearchEntry } from "../search/entry.ts";
import { fingerprint, isFingerprint } from "../text/fingerprint.ts";

/** What a line may carry of each text, in characters: about a thousand bytes in all. */
const CUT = { name: 200, message: 1_000, stack: 3_000, fix: 600, context: 200 } as const;

/** A fact among the metadata that is ours; no caller's key has a colon at its end. */
export const HAS_FIX = "fix:";

/** What the index says of a diagnosis. */
export function toDiagnosisLine(record: Diagnosis): LedgerLine {
  const { id, error = {}, fix } = record;
  const text = { name: error.name, message: error.message, stack: error.stack ?? undefined };
  const own = record.fingerprint ?? "";
  const entry: SearchEntry = {
    type: "diagnosis",
    ...said({
      ...text,
      fix: fix ?? undefined,
      context: contextOf(record),
      severity: record.severity ?? undefined,
      confidence: statedConfidence(record),
    }),
    timestamp: timeOf(record),
    metadata: { ...facetsOf(record.metadata), [HAS_FIX]: fix ? "yes" : "no" },
    fingerprint: isFingerprint(own) ? own : fingerprint(text),
    data: rowData(record),
  };
  return toLine(id, versionOf(record), timeOf(record), entry);
}

/** What the index says of an audit entry. */
export function toAuditLine(record: Audit): LedgerLine {
  const { id, errorType, errorMessage, resolution, successfulFix } = record;
  const fix = typeof successfulFix === "string" ? successfulFix : resolution;
  const entry: SearchEntry = {
    type: "audit",
    ...said({
      name: errorType ?? undefined,
      message: errorMessage ?? undefined,
      fix: fix ?? undefined,
      context: contextOf(record),
      severity: record.severity ?? undefined,
    }),
    timestamp: timeOf(record),
    metadata: facetsOf(record.metadata),
  };
  return toLine(id, versionOf(record), timeOf(record), entry);
}

function toLine(id: string, version: number, at: number, entry: SearchEntry): LedgerLine {
  return { kind: "put", id, version, at, entry };
}

/** Facts that no search asks for. */
function rowData(record: Diagnosis): JsonObject {
  const changedAt = Date.parse(record.updatedAt ?? "");
  const softwareVersion = softwareVersionOf(record);
  const { changed, by } = lastEdit(record);
  return {
    ...(Number.isFinite(changedAt) ? { changedAt } : {}),
    ...(changed.length === 0 ? {} : { changed }),
    ...(by === undefined ? {} : { by }),
    ...(softwareVersion === undefined ? {} : { softwareVersion }),
    ...(record.duplicateOf === undefined ? {} : { duplicateOf: record.duplicateOf }),
    ...(record.separate ? { separate: true } : {}),
  };
}

type Said = Pick<
  SearchEntry,
  "name" | "message" | "stack" | "fix" | "context" | "severity" | "confidence"
>;

/** What was said, cut to size. */
function said(texts: { [Field in keyof Said]: Said[Field] | undefined }): Said {
  const kept = Object.entries(texts).flatMap(([field, value]) => {
    if (value === undefined || value === "") return [];
    const most = CUT[field as keyof typeof CUT] ?? 200;
    return [[field, typeof value === "string" ? value.slice(0, most) : value]];
  });
  return Object.fromEntries(kept) as Said;
}
