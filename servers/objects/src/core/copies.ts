import { ObjectError } from "../object-error.ts";
import type { ObjectRef } from "../protocol.ts";
import type { ObjectCopy } from "../wire/copy.ts";
import { findObject, insertObject, updateObject } from "./object-rows.ts";
import type { SqlPort } from "./sql-port.ts";

/** A copy has the last events and answers up to so many characters each; the state it has whole. */
const MOST_CHARACTERS = 4 * 1024 * 1024;

export function readCopy(sql: SqlPort, ref: ObjectRef): ObjectCopy | undefined {
  const row = findObject(sql, ref);
  if (row === undefined) return undefined;
  const { key, alarmAt, ...rest } = row;
  const items = sql.run("SELECT name, value FROM item WHERE object = ? ORDER BY name", key);
  const events = sql.run("SELECT seq, body FROM event WHERE object = ? ORDER BY seq DESC", key);
  const answers = sql.run(
    "SELECT name, call, seq, at, result FROM answer WHERE object = ? ORDER BY seq DESC",
    key,
  );
  return {
    ...rest,
    ...(alarmAt === undefined ? {} : { alarmAt }),
    items: items.map(({ name, value }) => [String(name), String(value)]),
    events: newest(
      events.map(({ seq, body }): [number, string] => [Number(seq), String(body)]),
      ([, body]) => body.length,
    ),
    answers: newest(answers.map(toAnswer), ({ result }) => result.length),
  };
}

function toAnswer(row: Readonly<Record<string, unknown>>): ObjectCopy["answers"][number] {
  const { name, call, seq, at, result } = row;
  return {
    ...{ name: String(name), call: String(call), seq: Number(seq) },
    ...{ at: Number(at), result: String(result) },
  };
}

/** The first ones are the newest; they are given back in the order of their numbers. */
function newest<Each>(all: readonly Each[], size: (each: Each) => number): Each[] {
  const kept: Each[] = [];
  let left = MOST_CHARACTERS;
  for (const each of all) {
    left -= size(each);
    if (left < 0) break;
    kept.push(each);
  }
  return kept.toReversed();
}

/**
 * Puts a copy in the place of what is here. Belongs into a transaction.
 * @param replaces The number that the object here must have; 0 where there must be none.
 * @throws ObjectError `conflict` with the number it has.
 */
export function writeCopy(sql: SqlPort, copy: ObjectCopy, replaces: number): void {
  const here = findObject(sql, copy);
  const now = here?.seq ?? 0;
  if (now !== replaces || copy.seq < now) {
    throw new ObjectError(
      "conflict",
      `The object has the sequence number ${now} here, not ${replaces}: look at both before one replaces the other.`,
      { seq: now, replaces },
    );
  }
  const { key } = here ?? insertObject(sql, copy, copy.createdAt);
  for (const table of ["item", "event", "answer"]) {
    sql.run(`DELETE FROM ${table} WHERE object = ?`, key);
  }
  for (const [name, value] of copy.items) {
    sql.run("INSERT INTO item (object, name, value) VALUES (?, ?, ?)", key, name, value);
  }
  for (const [number, body] of copy.events) {
    sql.run("INSERT INTO event (object, seq, body) VALUES (?, ?, ?)", key, number, body);
  }
  for (const { name, call, seq, at, result } of copy.answers) {
    sql.run(
      "INSERT INTO answer (object, name, call, seq, at, result) VALUES (?, ?, ?, ?, ?, ?)",
      ...[key, name, call, seq, at, result],
    );
  }
  updateObject(sql, { ...copy, key, alarmAt: copy.alarmAt });
}
