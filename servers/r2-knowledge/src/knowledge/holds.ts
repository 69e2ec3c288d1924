import { TrestleError } from "@trestle/protocol";
import { type Aging, holdOn } from "../lifecycle/plan-lifecycle.ts";
import { readLifecyclePolicy } from "../lifecycle/policy-file.ts";
import type { CallOptions } from "../object-store/object-store.ts";
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
