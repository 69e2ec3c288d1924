import type { JsonValue } from "@trestle/protocol";
import type { ObjectCore, Turn } from "../core/core.ts";
import type { ObjectEvent, ObjectRef, ServerFrame } from "../protocol.ts";
import type { WatchQuery } from "./route.ts";

const PAGE = 1_000;

/**
 * What a watcher is told first, and all of it in one go: between it and the next turn nothing can be missed.
 * The events since its last one where they are kept, else the whole state.
 */
export function firstFrames(core: ObjectCore, ref: ObjectRef, query: WatchQuery): ServerFrame[] {
  const snapshot = core.snapshot(ref);
  const missed = query.since === undefined ? undefined : eventsSince(core, ref, query.since);
  const ready: ServerFrame = { type: "ready", seq: snapshot.seq };
  if (missed === undefined) return [{ type: "state", ...snapshot }, ready];
  const events = missed.map((event): ServerFrame => ({ type: "event", ...event }));
  const last = events.pop();
  if (last === undefined) return [ready];
  // Of the states between nothing is known any more.
  const whole = query.state ? { ...last, state: snapshot.state } : last;
  return [...events, whole as ServerFrame, ready];
}

/** Undefined where some of them are no longer kept, or where the object never had that number. */
function eventsSince(core: ObjectCore, ref: ObjectRef, since: number): ObjectEvent[] | undefined {
  const events: ObjectEvent[] = [];
  if (core.snapshot(ref).seq === 0) return since === 0 ? events : undefined;
  for (let at = since; ; at = events.at(-1)?.seq ?? at) {
    const page = core.events(ref, { since: at, limit: PAGE });
    if (!page.complete) return undefined;
    events.push(...page.events);
    if (page.events.length > 0 && events.at(-1)?.seq !== page.seq) continue;
    // Another owner began a new block of numbers in between: what was told before may not be what came of it.
    return since + events.length === page.seq ? events : undefined;
  }
}

/** What everyone hears of a turn; `state` only for those who asked for it. */
export function eventFrames(turn: Turn, stateOf: () => JsonValue): EventFrames | undefined {
  const { event } = turn;
  if (event === undefined) return undefined;
  let whole: string | undefined;
  return {
    bare: JSON.stringify({ type: "event", ...event }),
    get whole() {
      whole ??= JSON.stringify({ type: "event", state: stateOf(), ...event });
      return whole;
    },
  };
}

/** As text, made once for all who watch. */
export interface EventFrames {
  readonly bare: string;
  readonly whole: string;
}
