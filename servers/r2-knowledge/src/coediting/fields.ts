import { isDeepStrictEqual } from "node:util";
import type { JsonValue } from "@trestle/protocol";
import type { DiagnosisPatch } from "../knowledge/change-diagnosis.ts";
import type { Diagnosis } from "../records/diagnosis.ts";

/**
 * The parts of a diagnosis that are edited each on its own: `fix`, `error.message`, `metadata.team`. Two
 * editors of different fields are in nobody's way.
 */
export type Field = string;

const WHOLE = ["fix", "confidence", "context", "severity", "links"] as const;
const OF_ERROR = ["name", "message", "stack"] as const;
const METADATA = "metadata.";

export function isField(text: string): boolean {
  return (
    WHOLE.some((field) => field === text) ||
    OF_ERROR.some((part) => `error.${part}` === text) ||
    (text.startsWith(METADATA) && text.length > METADATA.length)
  );
}

export const FIELDS_TOLD: string = `${WHOLE.join(", ")}, ${OF_ERROR.map((part) => `error.${part}`).join(", ")}, metadata.<key>`;

/** What a field says; null where it says nothing. */
export function fieldValue(record: Diagnosis, field: Field): JsonValue {
  if (field.startsWith(METADATA))
    return (record.metadata?.[field.slice(METADATA.length)] ?? null) as JsonValue;
  if (field.startsWith("error.")) {
    const part = field.slice("error.".length);
    return (record.error?.[part as (typeof OF_ERROR)[number]] ?? null) as JsonValue;
  }
  return (record[field] ?? null) as JsonValue;
}

/** The fields that two states of a diagnosis differ in. */
export function changedFields(before: Diagnosis, after: Diagnosis): Field[] {
  const keys = new Set([before, after].flatMap(({ metadata }) => Object.keys(metadata ?? {})));
  return [
    ...WHOLE,
    ...OF_ERROR.map((part) => `error.${part}`),
    ...[...keys].map((key) => `${METADATA}${key}`),
  ].filter((field) => !isDeepStrictEqual(fieldValue(before, field), fieldValue(after, field)));
}

/** The changes as a patch of the record, whose other metadata stay. */
export function toPatch(record: Diagnosis, changes: ReadonlyMap<Field, JsonValue>): DiagnosisPatch {
  const whole: Record<string, JsonValue> = {};
  const error: Record<string, JsonValue> = {};
  const metadata: Record<string, unknown> = { ...record.metadata };
  for (const [field, value] of changes) {
    if (field.startsWith(METADATA)) {
      const key = field.slice(METADATA.length);
      if (value === null) delete metadata[key];
      else metadata[key] = value;
    } else if (field.startsWith("error.")) error[field.slice("error.".length)] = value;
    else whole[field] = value;
  }
  const hasMetadata = [...changes.keys()].some((field) => field.startsWith(METADATA));
  return {
    ...whole,
    ...(Object.keys(error).length === 0 ? {} : { error }),
    ...(hasMetadata ? { metadata } : {}),
  } as DiagnosisPatch;
}
