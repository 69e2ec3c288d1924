import { isDeepStrictEqual } from "node:util";
import { type Clock, TrestleError } from "@trestle/protocol";
import { codeOf } from "../ledger/errors.ts";
import type { CallOptions } from "../object-store/object-store.ts";
import type { Diagnosis } from "../records/diagnosis.ts";
import { versionOf } from "../records/facts.ts";
import { clockOf } from "./clocks.ts";
import { FIELDS_TOLD, fieldValue, isField, toPatch } from "./fields.ts";
import type { Conflict, Edit, Edited, SharedObject, Versioned } from "./shared-object.ts";

export interface EditParts {
  readonly object: SharedObject<Diagnosis>;
  /** The record as the patch makes it of the one that is there, with its next version. */
  readonly patched: (
    record: Diagnosis,
    patch: ReturnType<typeof toPatch>,
    by?: string,
  ) => Diagnosis;
  readonly clock: Clock;
  /** At least 0, below 1. */
  readonly random: () => number;
}

/** Somebody else was faster, or the store asked to wait: how long it is tried. */
const DEADLINE_MS = 30_000;
const FIRST_DELAY_MS = 20;
const MAX_DELAY_MS = 2_000;

/**
 * Applies an edit to the diagnosis as it is now. Fields that nobody else changed since the editor's version
 * are merged; where one of them was changed to something else, nothing is written and both values are told.
 *
 * @throws TrestleError `invalid_input` for what is no field or a version that is not there yet, `rate_limited`
 * where others were faster for half a minute
 */
export async function editDiagnosis(
  { object, patched, clock, random }: EditParts,
  edit: Edit,
  call: CallOptions = {},
): Promise<Edited<Diagnosis>> {
  for (const field of edit.changes.keys()) checkField(field);
  const end = clock.now() + DEADLINE_MS;
  for (let attempt = 0; ; attempt += 1) {
    const current = await object.read(call);
    if (edit.version > current.version) throw notThere(edit, current);
    const { value, version } = current;
    const conflicts = conflictsOf(value, edit);
    if (conflicts.length > 0) return { status: "conflict", value, version, conflicts };
    const made = await writeNext(current);
    if (made !== undefined) return { status: "applied", ...made, merged: mergedIn(value, edit) };
    if (clock.now() >= end) throw tooBusy();
    await pause(attempt);
  }

  /** Undefined where it is to be tried again. */
  async function writeNext(current: Versioned<Diagnosis>) {
    const next = patched(current.value, toPatch(current.value, edit.changes), edit.by);
    // It is so already: an edit whose answer got lost, or somebody had the same idea.
    if (versionOf(next) === current.version) return current;
    try {
      return await object.write(next, current, call);
    } catch (error) {
      if (codeOf(error) === "throttled") return undefined;
      throw error;
    }
  }

  async function pause(attempt: number): Promise<void> {
    const most = Math.min(MAX_DELAY_MS, FIRST_DELAY_MS * 2 ** Math.min(attempt, 10));
    await new Promise<void>((resolve) => {
      // A clock's timers keep no process alive; what somebody waits for must.
      const hold = setInterval(() => {}, DEADLINE_MS);
      clock.after(most * (0.5 + random() / 2), () => {
        clearInterval(hold);
        resolve();
      });
    });
    call.signal?.throwIfAborted();
  }
}

function conflictsOf(record: Diagnosis, { version, changes }: Edit): Conflict[] {
  return [...changes].flatMap(([field, yours]) => {
    const clock = clockOf(record, field);
    const theirs = fieldValue(record, field);
    if (clock.version <= version || isDeepStrictEqual(theirs, yours)) return [];
    return [{ field, yours, theirs, ...clock }];
  });
}

/** What others changed since, of all fields. */
function mergedIn(record: Diagnosis, { version, changes }: Edit) {
  return Object.entries(record.edits?.fields ?? {})
    .filter(([field, clock]) => clock.version > version && !changes.has(field))
    .map(([field, clock]) => ({ field, ...clock }));
}

function checkField(field: string): void {
  if (isField(field)) return;
  throw new TrestleError(
    "invalid_input",
    `${JSON.stringify(field.slice(0, 100))} is no field of a diagnosis. Fields are ${FIELDS_TOLD}.`,
  );
}

function notThere({ version }: Edit, current: Versioned<Diagnosis>): TrestleError {
  return new TrestleError(
    "invalid_input",
    `Version ${version} is not there yet, the newest is ${current.version}: get the diagnosis and give the version it has.`,
  );
}

function tooBusy(): TrestleError {
  return new TrestleError(
    "rate_limited",
    "Others edit this diagnosis faster than it can be written. Nothing was written: try again.",
    { retryAfterMs: 1_000 },
  );
}
