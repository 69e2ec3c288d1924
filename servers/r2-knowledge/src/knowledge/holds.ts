import { type Clock, TrestleError } from "@trestle/protocol";
import { type Aging, holdOn, isActive } from "../lifecycle/plan-lifecycle.ts";
import { readLifecyclePolicy } from "../lifecycle/policy-file.ts";
import type { CallOptions, ObjectStore } from "../object-store/object-store.ts";
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
