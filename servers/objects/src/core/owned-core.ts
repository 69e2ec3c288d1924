import { ObjectError } from "../object-error.ts";
import type { ObjectRef } from "../protocol.ts";
import type { ObjectCopy } from "../wire/copy.ts";
import { readCopy, writeCopy } from "./copies.ts";
import type { ObjectCore, Turn } from "./core.ts";
import { findObject, updateObject } from "./object-rows.ts";
import type { SqlPort } from "./sql-port.ts";

/** A core whose objects can go to another host and come back. One that is away is neither changed nor shown here. */
export interface OwnedCore extends ObjectCore {
  /** What is here of it, whoever has it now; undefined where it never was. */
  copy(ref: ObjectRef): ObjectCopy | undefined;
  /** From now on it is here. Says when it wants to be woken. */
  accept(copy: ObjectCopy, replaces: number): Pick<Turn, "alarmAt">;
  /** From now on it is with `owner`. The same again says the same. */
  release(ref: ObjectRef, owner: string): ObjectCopy | undefined;
}

export function withOwnership(core: ObjectCore, sql: SqlPort): OwnedCore {
  function here<Value>(ref: ObjectRef, work: () => Value): Value {
    const [away] = sql.run("SELECT owner FROM away WHERE class = ? AND id = ?", ref.class, ref.id);
    if (away === undefined) return work();
    throw new ObjectError(
      "unavailable",
      `${ref.class}/${ref.id} is with ${String(away.owner)} now: ask there, or wait until it is handed back.`,
      { owner: String(away.owner) },
    );
  }

  return {
    initialize: (ref, ...asked) => here(ref, () => core.initialize(ref, ...asked)),
    call: (ref, ...asked) => here(ref, () => core.call(ref, ...asked)),
    delete: (ref, ...asked) => here(ref, () => core.delete(ref, ...asked)),
    ring: (ref) => here(ref, () => core.ring(ref)),
    get: (ref) => here(ref, () => core.get(ref)),
    snapshot: (ref) => here(ref, () => core.snapshot(ref)),
    events: (ref, range) => here(ref, () => core.events(ref, range)),
    list: core.list,
    alarms: core.alarms,
    copy: (ref) => readCopy(sql, ref),
    accept: (copy, replaces) =>
      sql.transaction(() => {
        writeCopy(sql, copy, replaces);
        sql.run("DELETE FROM away WHERE class = ? AND id = ?", copy.class, copy.id);
        return { alarmAt: copy.alarmAt };
      }),
    release: (ref, owner) =>
      sql.transaction(() => {
        const copy = readCopy(sql, ref);
        const row = findObject(sql, ref);
        // It rings where it goes; here it would find that it is away.
        if (row !== undefined) updateObject(sql, { ...row, alarmAt: undefined });
        sql.run("INSERT OR IGNORE INTO away VALUES (?, ?, ?)", ref.class, ref.id, owner);
        return copy;
      }),
  };
}
