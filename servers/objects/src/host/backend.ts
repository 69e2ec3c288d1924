import type { Snapshot } from "../core/core.ts";
import type { Objects } from "../objects.ts";
import type { EventsPage, ObjectRef, ServerFrame } from "../protocol.ts";
import type { ObjectCopy } from "../wire/copy.ts";
import type { WatchQuery } from "../wire/route.ts";

export interface Missed extends EventsPage {
  /** As it is now; there where it was asked for. */
  readonly snapshot?: Snapshot;
}

/** Objects that go from host to host. */
export interface HandedObjects {
  /** What is here of it; null where it never was. */
  copy(ref: ObjectRef): Promise<ObjectCopy | null>;
  accept(copy: ObjectCopy, replaces: number): Promise<void>;
  release(ref: ObjectRef, owner: string): Promise<ObjectCopy | null>;
}

/** What the process that owns a folder answers to the others and to itself. */
export interface Backend extends Omit<Objects, "follow">, HandedObjects {
  /** The first frames of a watcher. */
  begin(ref: ObjectRef, query: WatchQuery): Promise<readonly ServerFrame[]>;
  /** Some of what came after `since`; waits for it where there is nothing yet. Below 0 it tells the number alone. */
  missed(
    ref: ObjectRef,
    after: { readonly since: number; readonly state: boolean },
    signal: AbortSignal,
  ): Promise<Missed>;
  /** Nobody waits any more. */
  closing(): void;
}
