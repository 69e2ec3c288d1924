import { isDeepStrictEqual } from "node:util";
import { TrestleError } from "@trestle/protocol";
import { withClocks } from "../coediting/clocks.ts";
import { agingOfDiagnosis } from "../lifecycle/aging.ts";
import { type CallOptions, ObjectStoreError } from "../object-store/object-store.ts";
import type { Diagnosis, DiagnosisInput } from "../records/diagnosis.ts";
import { isDamagedRecord } from "../records/encode.ts";
import { versionOf } from "../records/facts.ts";
import { outcomePrefix } from "../records/keys.ts";
import { fingerprint } from "../text/fingerprint.ts";
import { refuseHeld, refuseRelease, refuseWhileHeld } from "./holds.ts";
import { confidenceOfRecord } from "./outcomes.ts";
import type { Checking, Parts } from "./parts.ts";
import { index } from "./store-diagnosis.ts";
import { toOutcomeEnd } from "./tallies.ts";

/** What is to be different; null takes a field away. */
export type DiagnosisPatch = {
  readonly [Field in keyof Omit<DiagnosisInput, "error">]?:
    | DiagnosisInput[Field]
    | null
    | undefined;
} & { readonly error?: Some<DiagnosisInput["error"]> | undefined };

type Some<Whole> = { readonly [Field in keyof Whole]?: Whole[Field] | undefined };

export interface ChangeOptions extends CallOptions, Checking<Diagnosis> {
  /** The version that the caller read. Throws `conflict` where it is another by now. */
  readonly version: number;
  /** Who changes it, as others are to see it. */
  readonly by?: string | undefined;
}

/**
 * Changes a diagnosis that is still as the caller read it. Resolves once record and index line are durable. What
 * is as wanted already is left alone, whoever made it so: a change whose answer got lost can be asked for again.
 */
export async function updateDiagnosis(
  parts: Parts,
  id: string,
  given: DiagnosisPatch,
  { version, by, check, signal }: ChangeOptions,
): Promise<Diagnosis> {
  const { record, etag } = await parts.diagnoses.need(id, { signal });
  const next = patched(parts, record, given, by);
  check?.(record, next);
  if (next === record) return record;
  checkVersion(record, version);
  await refuseRelease(parts, record, next, { signal });
  try {
    await parts.diagnoses.replace(next, etag, { signal });
  } catch (error) {
    if (error instanceof ObjectStoreError && error.code === "precondition_failed")
      throw conflict(id, version, "just now");
    throw error;
  }
  await index(parts, next);
  parts.changed({ kind: "updated", id });
  return next;
}

export interface DeleteOptions extends CallOptions, Checking<Diagnosis> {
  /** Where given, it is deleted only as this version. */
  readonly version?: number | undefined;
}

/** Larger than any version that counts up: whoever changes it at the same time does not bring it back. */
export const LAST_VERSION = 2 ** 31 - 1;

/** Takes a diagnosis away. The index says so first: what is found can always be read. */
export async function deleteDiagnosis(
  parts: Parts,
  id: string,
  { version, check, signal }: DeleteOptions = {},
): Promise<void> {
  const record = await readUnlessDamaged(parts, id, { signal });
  check?.(record);
  if (version !== undefined) checkVersion(record ?? { id }, version);
  if (record) {
    const { value } = confidenceOfRecord(parts, record);
    await refuseHeld(parts, agingOfDiagnosis(record, value), { signal });
    // Nobody can tell of a damaged one whether a hold is meant for it.
  } else await refuseWhileHeld(parts, `Deleting the damaged record ${id}`, { signal });
  const at = parts.clock.now();
  await parts.indexes.diagnoses.append([{ kind: "gone", id, version: LAST_VERSION, at }]);
  await parts.diagnoses.remove(id, { signal });
  await removeOutcomes(parts, id, signal);
  parts.changed({ kind: "deleted", id });
}

/** A damaged record is there, too: deleting it is one way to mend it. Throws `not_found`. */
async function readUnlessDamaged(
  { diagnoses }: Parts,
  id: string,
  call: CallOptions,
): Promise<Diagnosis | undefined> {
  try {
    return (await diagnoses.need(id, call)).record;
  } catch (error) {
    if (isDamagedRecord(error)) return undefined;
    throw error;
  }
}

async function removeOutcomes(
  { store, indexes, clock }: Parts,
  id: string,
  signal: AbortSignal | undefined,
): Promise<void> {
  const prefix = outcomePrefix(id);
  let after: string | undefined;
  do {
    const page = await store.list(prefix, { after, signal });
    const keys = page.objects.map(({ key }) => key);
    const ids = keys.map((key) => key.slice(prefix.length, -".json".length));
    await indexes.outcomes.append(ids.map((each) => toOutcomeEnd(id, each, clock.now())));
    if (keys.length > 0) await store.delete(keys, { signal });
    after = page.next;
  } while (after !== undefined);
}

/** The next version of a record; the record itself where it is as wanted already. */
export function patched(
  { redact, clock }: Pick<Parts, "redact" | "clock">,
  record: Diagnosis,
  given: DiagnosisPatch,
  by: string | undefined,
): Diagnosis {
  const patch = redact(given);
  if (isDone(record, patch)) return record;
  const { error: errorPatch, ...fields } = patch;
  const error = { ...record.error, ...errorPatch };
  const { name, message, stack } = error;
  const print =
    errorPatch === undefined
      ? record.fingerprint
      : fingerprint({ name, message, stack: stack ?? undefined });
  const next = {
    ...(withoutNothing({ ...record, ...fields, duplicateOf: undefined }) as Diagnosis),
    error,
    ...(print === undefined || print === null ? {} : { fingerprint: print }),
    version: versionOf(record) + 1,
    updatedAt: new Date(clock.now()).toISOString(),
  };
  return withClocks(record, next, by);
}

/** Is every field as the patch wants it? */
function isDone(record: Diagnosis, { error, ...fields }: DiagnosisPatch): boolean {
  const { updatedAt: _, ...before } = record;
  const wanted = { ...before, ...fields, error: { ...record.error, ...error } };
  return isDeepStrictEqual(
    withoutNothing(wanted),
    withoutNothing({ ...before, error: record.error ?? {} }),
  );
}

function withoutNothing(record: object): object {
  return Object.fromEntries(
    Object.entries(record).filter(([, value]) => value !== null && value !== undefined),
  );
}

function checkVersion(record: Pick<Diagnosis, "id" | "version">, version: number): void {
  const current = versionOf(record);
  if (current !== version) throw conflict(record.id, version, `to version ${current}`);
}

function conflict(id: string, version: number, how: string): TrestleError {
  return new TrestleError(
    "conflict",
    `The diagnosis ${id} was changed ${how} since version ${version} was read. Nothing was written: get it again, see whether the change is still wanted, and give the version it has then.`,
    { details: { id, version } },
  );
}
