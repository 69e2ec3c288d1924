import { type Clock, type Logger, messageOf } from "@trestle/protocol";
import type { Change, Objects, OnChange } from "../objects.ts";
import type { ObjectRef } from "../protocol.ts";
import type { Backend, Missed } from "./backend.ts";

export interface Followers {
  readonly follow: Objects["follow"];
  close(): void;
}

/** Where the host cannot be asked it is asked again then. */
const AGAIN_MS = 500;

interface Asked {
  readonly ref: ObjectRef;
  readonly state: boolean;
}

interface Topic {
  readonly listeners: Set<OnChange>;
  readonly stop: AbortController;
  readonly begun: Promise<void>;
}

/** One who waits for each object, whoever owns its folder meanwhile, and tells all who follow it here. */
export function createFollowers(parts: {
  readonly missed: Backend["missed"];
  readonly clock: Clock;
  readonly log: Logger;
}): Followers {
  const { clock, log } = parts;
  const topics = new Map<string, Topic>();

  function open(key: string, asked: Asked): Topic {
    const listeners = new Set<OnChange>();
    const stop = new AbortController();
    const { promise: begun, resolve, reject } = Promise.withResolvers<void>();
    begun.catch(() => {}); // whoever follows is told
    const topic = { listeners, stop, begun };
    topics.set(key, topic);
    run(asked, topic, resolve).catch((error: unknown) => {
      topics.delete(key);
      reject(error);
    });
    return topic;
  }

  async function run(
    { ref, state }: Asked,
    { listeners, stop }: Topic,
    begun: () => void,
  ): Promise<void> {
    const { signal } = stop;
    let { seq } = await parts.missed(ref, { since: -1, state: false }, signal);
    begun();
    while (!signal.aborted) {
      try {
        const page = await parts.missed(ref, { since: seq, state }, signal);
        if (signal.aborted) return;
        for (const change of changesOf(page)) for (const tell of [...listeners]) tell(change);
        seq = page.events.at(-1)?.seq ?? page.seq;
      } catch (error) {
        if (signal.aborted) return;
        log.debug("an object cannot be followed now", { ...ref, error: messageOf(error) });
        await new Promise<void>((resolve) => void clock.after(AGAIN_MS, resolve));
      }
    }
  }

  return {
    async follow(ref, onChange, { state = false } = {}) {
      const key = `${ref.class}/${ref.id} ${state}`;
      const topic = topics.get(key) ?? open(key, { ref, state });
      // Its own, so that one function may follow twice.
      const listener: OnChange = (change) => onChange(change);
      topic.listeners.add(listener);
      await topic.begun;
      return () => {
        topic.listeners.delete(listener);
        if (topic.listeners.size > 0) return;
        topic.stop.abort();
        if (topics.get(key) === topic) topics.delete(key);
      };
    },
    close() {
      for (const { stop } of topics.values()) stop.abort();
      topics.clear();
    },
  };
}

function changesOf({ events, complete, snapshot }: Missed): readonly Change[] {
  if (!complete) return [{ kind: "lost" }];
  return events.map((event) => {
    const bare = JSON.stringify({ type: "event", ...event });
    const { seq } = event;
    if (seq !== snapshot?.seq) return { kind: "event", seq, frames: { bare, whole: bare } };
    const whole = JSON.stringify({ type: "event", ...event, state: snapshot.state });
    return { kind: "event", seq, frames: { bare, whole } };
  });
}
