import type { Diagnosis } from "../records/diagnosis.ts";
import { versionOf } from "../records/facts.ts";
import { changedFields, type Field } from "./fields.ts";

/** When a field was changed last: the version that did it, and who. */
export interface FieldClock {
  readonly version: number;
  readonly by?: string | undefined;
}

/**
 * Of the field in this record. One that has no clock was last changed before clocks were kept, by older
 * tools at any version up to then.
 */
export function clockOf(record: Diagnosis, field: Field): FieldClock {
  const { edits } = record;
  return edits?.fields[field] ?? { version: edits?.since ?? versionOf(record) };
}

/** The record with the clocks of what became another in it. */
export function withClocks(before: Diagnosis, after: Diagnosis, by: string | undefined): Diagnosis {
  const clock: FieldClock = { version: versionOf(after), ...(by === undefined ? {} : { by }) };
  const { since = versionOf(before), fields = {} } = before.edits ?? {};
  const changed = changedFields(before, after).map((field) => [field, clock]);
  return { ...after, edits: { since, fields: { ...fields, ...Object.fromEntries(changed) } } };
}

/** The fields that the newest version changed, and who did. */
export function lastEdit(record: Diagnosis): { changed: Field[]; by: string | undefined } {
  const version = versionOf(record);
  const own = Object.entries(record.edits?.fields ?? {}).filter(
    ([, clock]) => clock.version === version,
  );
  return { changed: own.map(([field]) => field), by: own[0]?.[1].by };
}
