import { type JsonObject, type Logger, messageOf } from "@trestle/protocol";
import type { Change, Objects } from "./objects.ts";
import type { ObjectEvent, ObjectRef } from "./protocol.ts";

/** Tells the host what happens to objects, each change once, whoever sees it first. */
export interface Telling {
  /** What was stored in this process. */
  stored(ref: ObjectRef, event: ObjectEvent): void;
  /**
   * Objects of which every change is told while somebody follows them, wherever it is made. `mayStore`: may this process
   * come to store them itself?
   */
  around<Given extends FollowedObjects>(
    objects: Given,
    options: { readonly mayStore: boolean },
  ): Given;
}

type FollowedObjects = Pick<Objects, "follow" | "events">;

interface Followed {
  count: number;
  /** The last number that was told; undefined as long as nobody knows it. */
  told: number | undefined;
}

export function createTelling(parts: {
  readonly publish: (topic: string, payload: JsonObject) => void;
  readonly log: Logger;
}): Telling {
  const followed = new Map<string, Followed>();

  function publish(ref: ObjectRef, payload: JsonObject): void {
    const topic = `object:${ref.class}/${ref.id}`;
    try {
      try {
        parts.publish(topic, payload);
      } catch {
        // An event of the host is smaller than what one call may broadcast.
        parts.publish(topic, { ...payload, events: [], omitted: true });
      }
    } catch (error) {
      parts.log.error("a change was not told", { ...ref, error: messageOf(error) });
    }
  }

  /** Whoever follows may be behind what was stored here, where another process stored what came before. */
  function stored(ref: ObjectRef, event: ObjectEvent): void {
    const entry = followed.get(keyOf(ref));
    if (entry?.told !== undefined && event.seq !== entry.told + 1) return;
    if (entry) entry.told = event.seq;
    publish(ref, { ...event, events: [...event.events] });
  }

  function heard(ref: ObjectRef, change: Change, entry: Followed): void {
    if (change.kind === "lost") {
      entry.told = undefined;
      publish(ref, { kind: "lost" });
      return;
    }
    if (entry.told !== undefined && change.seq <= entry.told) return;
    entry.told = change.seq;
    const { type: _frame, ...event } = JSON.parse(change.frames.bare) as JsonObject;
    publish(ref, event);
  }

  function leave(key: string, entry: Followed): void {
    entry.count -= 1;
    if (entry.count === 0) followed.delete(key);
  }

  return {
    stored,
    around: (objects, { mayStore }) => ({
      ...objects,
      async follow(ref, onChange, options) {
        const key = keyOf(ref);
        const entry = followed.get(key) ?? { count: 0, told: undefined };
        followed.set(key, entry);
        entry.count += 1;
        try {
          const seq = mayStore ? await seqOf(ref, objects) : undefined;
          const listen = (change: Change) => {
            heard(ref, change, entry);
            onChange(change);
          };
          const end = await objects.follow(ref, listen, options);
          entry.told ??= seq;
          return () => {
            end();
            leave(key, entry);
          };
        } catch (error) {
          leave(key, entry);
          throw error;
        }
      },
    }),
  };
}

function keyOf(ref: ObjectRef): string {
  return `${ref.class}/${ref.id}`;
}

/** Of one that is not there, nobody knows: it may have been there before. */
async function seqOf(ref: ObjectRef, { events }: FollowedObjects): Promise<number | undefined> {
  return events(ref, { since: 0, limit: 1 }).then(
    ({ seq }) => seq,
    () => undefined,
  );
}
