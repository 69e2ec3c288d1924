import { backoffMs } from "../client/backoff.ts";
import type { ObjectsClient } from "../client/client.ts";
import type { ClientClock } from "../client/clock.ts";
import type { ObjectRef } from "../protocol.ts";
import type { HostPeer } from "./host-peer.ts";
import type { ReplicaStore } from "./replica-store.ts";

export interface WriteBehindParts {
  /** Watches the host that has the objects. */
  readonly client: Pick<ObjectsClient, "object">;
  readonly peer: HostPeer;
  readonly store: ReplicaStore;
  readonly clock: ClientClock;
  readonly random: () => number;
  /** How long a change may wait for others that are stored with it. */
  readonly behindMs?: number;
  /** Told when a copy is stored, and when the object is no longer this host's. */
  readonly onSaved?: (ref: ObjectRef, seq: number) => void;
  readonly onFenced?: (ref: ObjectRef) => void;
}

const BEHIND_MS = 1_000;

/**
 * Stores copies of an object while it changes: soon after the first change, and never two at once. A host or a store
 * that is away delays it; what changed meanwhile is stored then.
 * @returns ends it.
 */
export function followObject(parts: WriteBehindParts, ref: ObjectRef): () => void {
  const { peer, store, clock, random, behindMs = BEHIND_MS } = parts;
  const handle = parts.client.object(ref.class, ref.id);
  let isDirty = false;
  let isSaving = false;
  let isOver = false;
  let failures = 0;
  let cancel: (() => void) | undefined;

  function plan(ms: number): void {
    if (isOver || isSaving || cancel !== undefined) return;
    cancel = clock.after(ms, () => {
      cancel = undefined;
      void save();
    });
  }

  async function save(): Promise<void> {
    isSaving = true;
    isDirty = false;
    try {
      const copy = await peer.copy(ref);
      if (copy !== null && !(await store.save({ owner: peer.name, copy }, clock.now()))) {
        end();
        parts.onFenced?.(ref);
        return;
      }
      failures = 0;
      if (copy !== null) parts.onSaved?.(ref, copy.seq);
    } catch {
      // Whatever it was, what is stored is older than what is there.
      isDirty = true;
      failures += 1;
    } finally {
      isSaving = false;
    }
    if (isDirty) plan(failures === 0 ? behindMs : backoffMs(failures, random));
  }

  function end(): void {
    isOver = true;
    cancel?.();
    handle.close();
  }

  handle.watch(({ kind }) => {
    if (kind === "ready") return;
    isDirty = true;
    plan(behindMs);
  });
  return end;
}
