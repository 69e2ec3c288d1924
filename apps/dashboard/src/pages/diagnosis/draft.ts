import type { Diagnosis } from "../knowledge/shapes.ts";

/** What of a diagnosis is edited here, as the server names its fields. */
export const FIELDS = ["error.name", "error.message", "fix", "context", "severity"] as const;
export type Field = (typeof FIELDS)[number];
export type Values = Readonly<Record<Field, string>>;

/** What somebody writes, on top of what they saw. */
export interface Draft {
  readonly version: number;
  readonly seen: Values;
  readonly written: Values;
}

function valuesOf({ error, fix, context, severity }: Diagnosis): Values {
  return {
    "error.name": error.name ?? "",
    "error.message": error.message ?? "",
    fix: fix ?? "",
    context: context ?? "",
    severity: severity ?? "",
  };
}

export function draftOf(diagnosis: Diagnosis, version: number): Draft {
  const values = valuesOf(diagnosis);
  return { version, seen: values, written: values };
}

/** The fields that were written otherwise than they were seen. */
export function writtenFields({ seen, written }: Draft): readonly Field[] {
  return FIELDS.filter((field) => written[field] !== seen[field]);
}

/** As the server takes it: null takes a field away. */
export function changesOf(draft: Draft): Readonly<Record<string, string | null>> {
  return Object.fromEntries(
    writtenFields(draft).map((field) => [
      field,
      draft.written[field] === "" ? null : draft.written[field],
    ]),
  );
}

/** What others wrote into fields that are being written here. */
export type Clashes = Readonly<Partial<Record<Field, string>>>;

/**
 * Takes in what others changed meanwhile: fields that nobody writes here show it at once; of those that are
 * written here both values are kept, for a person to choose.
 */
export function follow(
  draft: Draft,
  now: Diagnosis,
  version: number,
): { readonly draft: Draft; readonly clashes: Clashes } {
  const theirs = valuesOf(now);
  const mine = new Set(writtenFields(draft));
  const clashing = FIELDS.filter(
    (field) =>
      mine.has(field) &&
      theirs[field] !== draft.seen[field] &&
      theirs[field] !== draft.written[field],
  );
  const take = (field: Field): string => (mine.has(field) ? draft.written[field] : theirs[field]);
  const written = Object.fromEntries(FIELDS.map((field) => [field, take(field)])) as Values;
  return {
    draft: { version, seen: theirs, written },
    clashes: Object.fromEntries(clashing.map((field) => [field, theirs[field]])),
  };
}

/** `error.name` of `edit_diagnosis` is `error: { name }` of `update_diagnosis`. */
export function patchOf(changes: Readonly<Record<string, string | null>>): Record<string, unknown> {
  const error: Partial<Record<keyof Diagnosis["error"], string>> = {};
  const patch: Record<string, unknown> = {};
  for (const [field, value] of Object.entries(changes)) {
    if (field === "error.name") error.name = value ?? "";
    else if (field === "error.message") error.message = value ?? "";
    else patch[field] = value;
  }
  return Object.keys(error).length > 0 ? { ...patch, error } : patch;
}
