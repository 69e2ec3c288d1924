import { TrestleError } from "@trestle/protocol";

/** The folders of the bucket that hold records, one object each. */
export type RecordType = "diagnoses" | "audits" | "metrics" | "patterns";

const ROOT = "mcp/";
const FORM = /^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/;

export function recordPrefix(type: RecordType): string {
  return `${ROOT}${type}/`;
}

/** Throws `invalid_input` for an id that no record can have. */
export function recordKey(type: RecordType, id: string): string {
  return `${recordPrefix(type)}${checkId(id)}.json`;
}

/** The id in a record's key; undefined where the key is none. */
export function idOfKey(type: RecordType, key: string): string | undefined {
  const prefix = recordPrefix(type);
  if (!key.startsWith(prefix) || !key.endsWith(".json")) return undefined;
  const id = key.slice(prefix.length, -".json".length);
  return FORM.test(id) ? id : undefined;
}

/** Where the outcomes of one diagnosis are appended. */
export function outcomePrefix(diagnosisId: string): string {
  return `${ROOT}outcomes/${checkId(diagnosisId)}/`;
}

export function outcomeKey(diagnosisId: string, outcomeId: string): string {
  return `${outcomePrefix(diagnosisId)}${checkId(outcomeId)}.json`;
}

/** Returns the id. Throws `invalid_input` where it is none. */
function checkId(id: string): string {
  if (FORM.test(id)) return id;
  throw new TrestleError(
    "invalid_input",
    `${JSON.stringify(id.slice(0, 140))} is no id: an id is 1 to 128 letters, digits, dots, hyphens and underscores, and begins with a letter or digit. Take it from a search or a list.`,
  );
}
