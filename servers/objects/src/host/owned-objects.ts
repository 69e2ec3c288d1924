import { join } from "node:path";
import { type Clock, isTrestleError, type Logger } from "@trestle/protocol";
import { openTurns, type SqliteTurns } from "@trestle/store";
import type { Turn } from "../core/core.ts";
import { createObjectCore } from "../core/create-core.ts";
import { describeClasses } from "../core/describe.ts";
import { withOwnership } from "../core/owned-core.ts";
import { SCHEMA } from "../core/schema.ts";
import type { SqlPort } from "../core/sql-port.ts";
import type { ObjectClasses } from "../object-class.ts";
import { ObjectError } from "../object-error.ts";
import type { Answer, Limits, ObjectEvent, ObjectRef } from "../protocol.ts";
import { firstFrames } from "../wire/watch-frames.ts";
import { createAlarms } from "./alarms.ts";
import type { Backend, Missed } from "./backend.ts";
import { createWaiters } from "./waiters.ts";

export interface OwnedParts {
  readonly folder: string;
  readonly classes: ObjectClasses;
  readonly limits: Limits;
  readonly clock: Clock;
  readonly log: Logger;
  readonly newId: () => string;
  /** Told every change once it is stored. */
  readonly onEvent: (ref: ObjectRef, event: ObjectEvent) => void;
}

/** No whole page of events crosses from one process to another at once. */
const MISSED = 100;
/** How long somebody waits who asks whether there is something new. */
const WAIT_MS = 20_000;

const migrations = [{ name: "objects", sql: SCHEMA.join(";\n") }];

/** The objects of a folder in the process that owns it. */
export function openOwnedObjects(parts: OwnedParts): Backend {
  const { classes, limits, clock, log, newId } = parts;
  const file = join(parts.folder, "objects.db");
  const turns = openTurns({ file, migrations, durability: "normal" });
  const sql = toPort(turns, log);
  const now = clock.now;
  const core = withOwnership(createObjectCore({ sql, classes, limits, newId, now }), sql);
  const waiters = createWaiters(clock);
  const alarms = createAlarms({
    ...{ core, clock, log },
    ring: (ref) => {
      const turn = core.ring(ref);
      if (turn !== undefined) tell(ref, turn);
    },
  });

  function tell(ref: ObjectRef, { answer, event, alarmAt }: Turn): Answer {
    alarms.look(alarmAt);
    if (event !== undefined) {
      waiters.changed(ref);
      parts.onEvent(ref, event);
    }
    return answer;
  }

  function missed(ref: ObjectRef, since: number): Missed {
    const { seq } = core.snapshot(ref);
    if (since < 0 || since > seq) return { events: [], seq, complete: false };
    if (since === seq) return { events: [], seq, complete: true };
    return core.events(ref, { since, limit: MISSED });
  }

  return {
    initialize: async (ref, request, caller) => tell(ref, core.initialize(ref, request, caller)),
    call: async (ref, request, caller) => tell(ref, core.call(ref, request, caller)),
    delete: async (ref, request, caller) => tell(ref, core.delete(ref, request, caller)),
    get: async (ref) => core.get(ref),
    events: async (ref, range) => core.events(ref, range),
    list: async (query) => core.list(query),
    classes: async () => describeClasses(classes),
    begin: async (ref, query) => firstFrames(core, ref, query),
    async missed(ref, { since, state }, signal) {
      if (core.snapshot(ref).seq === since) await waiters.wait(ref, { ms: WAIT_MS, signal });
      const page = missed(ref, since);
      return state ? { ...page, snapshot: core.snapshot(ref) } : page;
    },
    copy: async (ref) => core.copy(ref) ?? null,
    async accept(copy, replaces) {
      alarms.look(core.accept(copy, replaces).alarmAt);
      waiters.changed(copy);
    },
    async release(ref, owner) {
      const copy = core.release(ref, owner) ?? null;
      // Who watches here learns that it is gone.
      waiters.changed(ref);
      return copy;
    },
    closing: waiters.close,
    async close() {
      waiters.close();
      alarms.close();
      turns.close();
    },
  };
}

/** What SQLite says names files of this machine: whoever calls learns only what it means for them. */
function toPort(turns: SqliteTurns, log: Logger): SqlPort {
  function guarded<Result>(work: () => Result): Result {
    try {
      return work();
    } catch (error) {
      if (!isTrestleError(error) || error.code !== "unavailable") throw error;
      log.error("objects cannot be stored", { error: error.message });
      throw new ObjectError(
        "unavailable",
        "The host cannot store anything now; its log says why. Try again later.",
      );
    }
  }
  return {
    run: turns.run as SqlPort["run"],
    transaction: (work) => guarded(() => turns.transaction(work)),
  };
}
