import { confidenceOf, type FixConfidence } from "../learning/confidence.ts";
import type { CallOptions } from "../object-store/object-store.ts";
import type { Diagnosis } from "../records/diagnosis.ts";
import { encodeRecord } from "../records/encode.ts";
import { softwareVersionOf, statedConfidence, timeOf } from "../records/facts.ts";
import { outcomeKey } from "../records/keys.ts";
import type { Outcome, OutcomeInput } from "../records/outcome.ts";
import type { Checking, Parts } from "./parts.ts";
import { toOutcomeLine } from "./tallies.ts";

export interface RecordedOutcome {
  readonly id: string;
  readonly diagnosisId: string;
  readonly worked: boolean;
  /** The odds of the fix now. */
  readonly confidence: FixConfidence;
}

/** Keeps whether a fix worked, under a key of its own, so that any number of writers may tell at once. */
export async function recordOutcome(
  parts: Parts,
  id: string,
  given: OutcomeInput,
  { check, ...options }: CallOptions & Checking<Diagnosis> = {},
): Promise<RecordedOutcome> {
  const asked = await parts.diagnoses.need(id, options);
  // Of an error that was stored twice at once, all is told of the first.
  const first = asked.record.duplicateOf;
  const { record } = (first && (await parts.diagnoses.get(first, options))) || asked;
  check?.(record);
  const diagnosisId = record.id;
  const outcome = await appendOutcome(parts, diagnosisId, parts.redact(given), options);
  const confidence = confidenceOfRecord(parts, record, given.softwareVersion);
  return { id: outcome.id, diagnosisId, worked: given.worked, confidence };
}

/** Resolves once the outcome and its line are durable. */
export async function appendOutcome(
  { store, ids, clock, indexes, changed }: Parts,
  diagnosisId: string,
  happened: Partial<OutcomeInput>,
  { signal }: CallOptions = {},
): Promise<Outcome> {
  const outcome: Outcome = {
    id: ids.next(),
    diagnosisId,
    timestamp: new Date(clock.now()).toISOString(),
    ...happened,
  };
  await store.put(outcomeKey(diagnosisId, outcome.id), encodeRecord(outcome), {
    when: "absent",
    contentType: "application/json",
    signal,
  });
  await indexes.outcomes.append([toOutcomeLine(outcome)]);
  changed({ kind: "outcome", id: diagnosisId });
  return outcome;
}

/** The odds that the fix of a record works, by all that is known now. */
export function confidenceOfRecord(
  { tallies, clock }: Pick<Parts, "tallies" | "clock">,
  record: Diagnosis,
  wantedVersion?: string | undefined,
): FixConfidence {
  return confidenceOf(
    {
      stated: statedConfidence(record),
      tally: tallies.of(record.duplicateOf ?? record.id).tally,
      writtenAt: Date.parse(record.updatedAt ?? "") || timeOf(record),
      softwareVersion: softwareVersionOf(record),
      wantedVersion,
    },
    clock.now(),
  );
}
