import { ObjectError } from "../object-error.ts";
import type { Answer, Limits } from "../protocol.ts";
import { droppedUpTo } from "./epochs.ts";
import { parseText } from "./json-text.ts";
import type { SqlPort } from "./sql-port.ts";

export interface KeyedCall {
  readonly key: string;
  readonly caller: string;
  /** Of what is asked for under the key. */
  readonly mark: string;
}

/** The answer that was given under this key before; a key stands for one call of one caller. */
export function findAnswer(sql: SqlPort, object: number, call: KeyedCall): Answer | undefined {
  const [row] = sql.run(
    "SELECT call, seq, result FROM answer WHERE object = ? AND name = ?",
    object,
    nameOf(call),
  );
  if (row === undefined) return undefined;
  if (row.call !== call.mark) {
    throw new ObjectError(
      "conflict",
      `The key ${JSON.stringify(call.key)} was used for another call. Give each call a key of its own, and the same one only to repeat it.`,
    );
  }
  return { seq: Number(row.seq), result: parseText(row.result), changed: false, repeated: true };
}

/** How many turns go by between looks for answers that are too old or too large to be kept. */
const LOOK_TURNS = 256;
const LARGE_CHARACTERS = 4_096;
/** Of large answers only so many of the last turns are kept, so that answers do not outgrow their object. */
const LARGE_TURNS = 256;

export interface GivenAnswer {
  readonly object: number;
  readonly call: KeyedCall;
  readonly seq: number;
  /** JSON text. */
  readonly result: string;
  readonly now: number;
}

export function keepAnswer(sql: SqlPort, given: GivenAnswer, limits: Limits): void {
  const { object, call, seq, result, now } = given;
  sql.run(
    "INSERT INTO answer (object, name, call, seq, at, result) VALUES (?, ?, ?, ?, ?, ?)",
    object,
    nameOf(call),
    call.mark,
    seq,
    now,
    result,
  );
  const last = droppedUpTo(seq, limits.keptAnswers);
  if (last !== undefined) sql.run("DELETE FROM answer WHERE object = ? AND seq <= ?", object, last);
  if (seq % LOOK_TURNS !== 0) return;
  sql.run(
    "DELETE FROM answer WHERE object = ? AND (at < ? OR (seq <= ? AND length(result) > ?))",
    object,
    now - limits.keptAnswersMs,
    droppedUpTo(seq, LARGE_TURNS) ?? -1,
    LARGE_CHARACTERS,
  );
}

function nameOf({ caller, key }: KeyedCall): string {
  return JSON.stringify([caller, key]);
}
