import { messageOf, TrestleError } from "@trestle/protocol";
import type { CallOptions } from "../object-store/object-store.ts";
import type { Diagnosis, DiagnosisInput } from "../records/diagnosis.ts";
import { encodeRecord } from "../records/encode.ts";
import type { Seeing } from "../records/record-facts.ts";
import { fingerprint } from "../text/fingerprint.ts";
import { toDiagnosisLine } from "./entry.ts";
import { appendOutcome } from "./outcomes.ts";
import type { Parts } from "./parts.ts";
import { rowFacts } from "./rows.ts";
import { saysTheSame } from "./same-fix.ts";

/** What is not permitted is neither told nor merged into. */
export interface StoreOptions extends CallOptions, Seeing {
  /** `merge` (default): where the same error with the same fix is known, that it was met again is kept there. `off`: store it whatever is known. */
  readonly dedupe?: "merge" | "off" | undefined;
}

export type Stored =
  | {
      readonly status: "stored";
      readonly id: string;
      readonly fingerprint: string;
      readonly related: readonly string[];
    }
  | {
      readonly status: "merged";
      readonly id: string;
      readonly fingerprint: string;
      readonly seen: number;
    };

/**
 * Keeps a diagnosis. Resolves once the record and its line in the index are durable. The same error with the same
 * fix, or with none, is not stored twice: what is known of it grows instead.
 */
export async function storeDiagnosis(
  parts: Parts,
  given: DiagnosisInput,
  { dedupe = "merge", permits, signal }: StoreOptions = {},
): Promise<Stored> {
  const input = parts.redact(given);
  // What is merged is checked, too: whether it is taken must not hang on what is known already.
  encodeRecord(input);
  const print = fingerprint(input.error);
  const { rows } = parts.indexes.diagnoses;
  const known = rows.withFingerprint(print).filter((id) => {
    const row = rows.get(id);
    return permits === undefined || (row !== undefined && permits(rowFacts(row)));
  });
  if (dedupe === "merge") {
    const same = await findSame(parts, known, input, signal);
    if (same !== undefined) return mergeInto(parts, same, input, print, signal);
  }
  const now = parts.clock.now();
  const record: Diagnosis = {
    id: parts.ids.next(),
    timestamp: new Date(now).toISOString(),
    ...input,
    fingerprint: print,
    version: 1,
    ...(dedupe === "off" ? { separate: true } : {}),
  };
  await parts.diagnoses.create(record, { signal });
  await index(parts, record);
  parts.changed({ kind: "stored", id: record.id });
  return { status: "stored", id: record.id, fingerprint: print, related: known };
}

/** Writes the line of a record that is stored already. What fails here left the record, and says so. */
export async function index(parts: Parts, record: Diagnosis): Promise<void> {
  try {
    await parts.indexes.diagnoses.append([toDiagnosisLine(record)]);
  } catch (error) {
    throw new TrestleError(
      "outcome_unknown",
      `The diagnosis ${record.id} is stored, but the search may not find it yet (${messageOf(error)}). Do not store it again: \`trestle-knowledge index check --repair\` lists it.`,
      { details: { id: record.id, stored: true }, cause: error },
    );
  }
}

/** Among what has the same fingerprint, what says the same: its fix, or nothing yet. */
async function findSame(
  { diagnoses }: Parts,
  known: readonly string[],
  { fix }: DiagnosisInput,
  signal: AbortSignal | undefined,
): Promise<string | undefined> {
  for (const id of known.slice(0, MOST_LOOKED_AT)) {
    const found = await diagnoses.get(id, { signal }).catch(() => undefined);
    if (found === undefined) continue;
    if (fix === undefined || saysTheSame(found.record.fix, fix)) return id;
  }
  return undefined;
}

const MOST_LOOKED_AT = 5;

async function mergeInto(
  parts: Parts,
  id: string,
  { context }: DiagnosisInput,
  print: string,
  signal: AbortSignal | undefined,
): Promise<Stored> {
  await appendOutcome(parts, id, context === undefined ? {} : { context }, { signal });
  return { status: "merged", id, fingerprint: print, seen: 1 + parts.tallies.of(id).seen };
}
