import { isDeepStrictEqual } from "node:util";
import { type Clock, TrestleError } from "@trestle/protocol";
import { agingOfDiagnosis } from "../lifecycle/aging.ts";
import { type Aging, holdOn, isActive } from "../lifecycle/plan-lifecycle.ts";
import { readLifecyclePolicy } from "../lifecycle/policy-file.ts";
import type { CallOptions, ObjectStore } from "../object-store/object-store.ts";
import type { Diagnosis } from "../records/diagnosis.ts";
import { confidenceOfRecord } from "./outcomes.ts";
import type { Parts } from "./parts.ts";

/** Throws `denied` for a record that somebody put on hold: neither rules nor people take it away then. */
export async function refuseHeld(
  { store, clock }: Pick<Parts, "store" | "clock">,
  record: Aging,
  call: CallOptions,
): Promise<void> {
  const { policy } = await readLifecyclePolicy(store, call);
  const hold = holdOn(record, policy.holds, clock.now());
  if (!hold) return;
  throw new TrestleError(
    "denied",
    `${record.id} is on hold and can not be deleted: ${hold.name} (${hold.reason}). Who put it on hold can take that away in the lifecycle policy.`,
    { details: { id: record.id, hold: hold.name } },
  );
}

/** Throws `denied` for a change that would take a record out of a hold: it could be deleted then. */
export async function refuseRelease(
  parts: Parts,
  before: Diagnosis,
  after: Diagnosis,
  call: CallOptions,
): Promise<void> {
  const facts = ({ context, severity, fix, confidence }: Diagnosis) => [
    ...[context, severity, fix, confidence],
  ];
  // What no hold asks for needs no look at them.
  if (isDeepStrictEqual(facts(before), facts(after))) return;
  const { policy } = await readLifecyclePolicy(parts.store, call);
  const now = parts.clock.now();
  const [was, becomes] = [before, after].map((record) =>
    agingOfDiagnosis(record, confidenceOfRecord(parts, record).value),
  ) as [Aging, Aging];
  const hold = policy.holds.find((one) => holdOn(was, [one], now) && !holdOn(becomes, [one], now));
  if (!hold) return;
  throw new TrestleError(
    "denied",
    `${before.id} is on hold, and this change would take it out of ${hold.name} (${hold.reason}). Nothing was written. Leave context, severity, fix and confidence as the hold names them; or who put it on hold adds ${before.id} to the ids of that hold first.`,
    { details: { id: before.id, hold: hold.name } },
  );
}

/**
 * Throws `denied` while anything is on hold: for what would delete or replace records without looking at
 * each. @param what begins the sentence: `Restoring over what is there`
 */
export async function refuseWhileHeld(
  { store, clock }: { readonly store: ObjectStore; readonly clock: Pick<Clock, "now"> },
  what: string,
  call: CallOptions,
): Promise<void> {
  const { policy } = await readLifecyclePolicy(store, call);
  const names = policy.holds.filter((hold) => isActive(hold, clock.now())).map(({ name }) => name);
  if (names.length === 0) return;
  throw new TrestleError(
    "denied",
    `${what} could delete what is on hold (${names.join(", ")}) in the ${store.description}. Nothing was done. Who put it on hold can take that away in the lifecycle policy.`,
    { details: { holds: names } },
  );
}
