import { nextEpoch } from "../core/epochs.ts";
import { ObjectError } from "../object-error.ts";
import type { HandingParts } from "./handing-over.ts";
import type { HostPeer } from "./host-peer.ts";

/**
 * Chooses between two versions. `ruling` leaves the object as it is; `other` puts the other version in its place, and
 * what ruled until now stays in the conflict. `owner` is the host that has the object.
 * @throws ObjectError `not_found`, and `conflict` where the object changed meanwhile or is elsewhere.
 */
export async function resolveConflict(
  { store, now }: HandingParts,
  name: string,
  { keep, owner }: { readonly keep: "ruling" | "other"; readonly owner: HostPeer },
): Promise<void> {
  const conflict = await store.conflict(name);
  if (conflict === undefined || conflict.resolved !== undefined) {
    throw new ObjectError("not_found", `There is no conflict ${name} to resolve.`);
  }
  const { other } = conflict;
  const replica = await store.get(other.copy);
  const current = await owner.copy(other.copy);
  if (replica?.owner !== owner.name || current === null) {
    throw new ObjectError("conflict", `${owner.name} does not have the object of ${name}.`);
  }
  const ruling = { owner: owner.name, copy: current };
  if (keep === "other") {
    const copy = { ...other.copy, seq: nextEpoch(current.seq) };
    await owner.accept(copy, current.seq);
    await store.save({ owner: owner.name, copy }, now());
  }
  await store.resolve(name, keep, { ruling, now: now() });
}
