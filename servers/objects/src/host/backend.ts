import type { Snapshot } from "../core/core.ts";
import type { Objects } from "../objects.ts";
import type { EventsPage, ObjectRef, ServerFrame } from "../protocol.ts";
import type { WatchQuery } from "../wire/route.ts";

export interface Missed extends EventsPage {
  /** As it is now; there where it was asked for. */
  readonly snapshot?: Snapshot;
}

/** What the process that owns a folder answers to the others and to itself. */
export interface Backend extends Omit<Objects, "follow"> {
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
