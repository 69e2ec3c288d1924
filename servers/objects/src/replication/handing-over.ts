import { nextEpoch } from "../core/epochs.ts";
import { ObjectError } from "../object-error.ts";
import type { ObjectRef } from "../protocol.ts";
import type { ObjectCopy } from "../wire/copy.ts";
import type { HostPeer } from "./host-peer.ts";
import type { Replica, ReplicaStore } from "./replica-store.ts";

export interface HandingParts {
  readonly store: ReplicaStore;
  /** Epoch milliseconds. */
  readonly now: () => number;
}

/** The write-behind may store a copy between a look and a claim. */
const LOOKS = 5;

/**
 * `by` goes on with the last copy, whatever became of the host that had it: first it is made the owner, under numbers
 * that no earlier owner can have, then it gets the copy. Run again after a crash it finishes.
 * @throws ObjectError `not_found` where nothing was ever stored of the object.
 */
export async function takeOver(parts: HandingParts, ref: ObjectRef, by: HostPeer): Promise<void> {
  const replica = await claimed(parts, ref, by.name);
  const here = await by.copy(ref);
  if (here !== null && here.seq >= replica.copy.seq) return;
  const known = replica.given[by.name] ?? 0;
  // It has something that never got into the store: that is a version of its own.
  if (here !== null && here.seq > known)
    await keepBoth(parts, replica, { owner: by.name, copy: here });
  await by.accept(replica.copy, here?.seq ?? 0);
}

async function claimed({ store, now }: HandingParts, ref: ObjectRef, owner: string) {
  for (let look = 0; look < LOOKS; look += 1) {
    const replica = await requireReplica(store, ref);
    if (replica.owner === owner) return replica;
    const copy = { ...replica.copy, seq: nextEpoch(replica.copy.seq) };
    if (await store.claim(replica, { owner, copy }, now())) return requireReplica(store, ref);
  }
  throw new ObjectError("conflict", `${ref.class}/${ref.id} changes too quickly to be taken over.`);
}

/**
 * Tells the host that had the object before that it is elsewhere, so that it stops changing it. If it had gone on by
 * itself, its version is kept and listed.
 * @returns what that host had.
 */
export async function fence(
  parts: HandingParts,
  ref: ObjectRef,
  before: HostPeer,
): Promise<ObjectCopy | null> {
  const replica = await requireReplica(parts.store, ref);
  if (replica.owner === before.name) return await before.copy(ref);
  const copy = await before.release(ref, replica.owner);
  const known = replica.given[before.name] ?? 0;
  if (copy !== null && copy.seq > known) {
    await keepBoth(parts, replica, { owner: before.name, copy });
  }
  return copy;
}

/** Gives the object from the host that has it to the other. Run again after a crash it finishes. */
export async function handBack(
  parts: HandingParts,
  ref: ObjectRef,
  { from, to }: { readonly from: HostPeer; readonly to: HostPeer },
): Promise<void> {
  const { store, now } = parts;
  const replica = await requireReplica(store, ref);
  if (replica.owner === to.name) return await takeOver(parts, ref, to);
  if (replica.owner !== from.name) {
    throw new ObjectError(
      "conflict",
      `${replica.owner} has ${ref.class}/${ref.id}, not ${from.name}.`,
    );
  }
  await fence(parts, ref, to);
  const last = await from.release(ref, to.name);
  if (last !== null && !(await store.save({ owner: from.name, copy: last }, now()))) {
    throw new ObjectError(
      "conflict",
      `${ref.class}/${ref.id} was taken over meanwhile; look again.`,
    );
  }
  const settled = await requireReplica(store, ref);
  const copy = { ...settled.copy, seq: nextEpoch(settled.copy.seq) };
  if (!(await store.claim(settled, { owner: to.name, copy }, now()))) {
    throw new ObjectError(
      "conflict",
      `${ref.class}/${ref.id} was taken over meanwhile; look again.`,
    );
  }
  // What `to` has was looked at by the fence, and cannot change since.
  const there = await to.copy(ref);
  await to.accept(copy, there?.seq ?? 0);
}

async function keepBoth(
  { store, now }: HandingParts,
  { owner, copy }: Replica,
  other: { readonly owner: string; readonly copy: ObjectCopy },
): Promise<void> {
  await store.addConflict({ foundAt: now(), ruling: { owner, copy }, other });
}

async function requireReplica(store: ReplicaStore, ref: ObjectRef): Promise<Replica> {
  const found = await store.get(ref);
  if (found !== undefined) return found;
  throw new ObjectError(
    "not_found",
    `Nothing was ever stored of ${ref.class}/${ref.id}; follow it first.`,
  );
}
