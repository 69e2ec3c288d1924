import { TrestleError } from "@trestle/protocol";
import type { Facts } from "../../model/facts.ts";
import type { Batch } from "../tracker-store.ts";

/** The last time that a record's number has room for. */
const MAX_TIME = 2 ** 42 - 1;

/** Throws `invalid_input` for what no store could keep; nothing of such a batch is stored. */
export function checkBatch(batch: Batch): void {
  const ids = new Set<string>();
  for (const { id, sessionId, at } of batch.records) {
    if (id === "" || sessionId === "") refuse("a record needs an id and a session.");
    checkTime(at, `record ${id}`);
    ids.add(id);
  }
  for (const fact of factsIn(batch.facts)) {
    checkTime(fact.at, `fact ${fact.id}`);
    if (!ids.has(fact.recordId)) {
      refuse(`fact ${fact.id} names record ${fact.recordId}, which is not in its batch.`);
    }
  }
  const { cursor, skipped } = batch;
  if (!cursor && skipped.size > 0)
    refuse("lines were skipped, and no cursor tells of which source.");
  if (cursor && !(Number.isSafeInteger(cursor.offset) && cursor.offset >= 0)) {
    refuse(`the offset of ${cursor.path} is ${cursor.offset}; it counts bytes.`);
  }
}

function checkTime(at: number, what: string): void {
  if (Number.isInteger(at) && at >= 0 && at <= MAX_TIME) return;
  refuse(`the time of ${what} is ${at}; give whole milliseconds since 1970.`);
}

function* factsIn(facts: Facts) {
  yield* facts.tasks;
  yield* facts.errors;
  yield* facts.runs;
  yield* facts.edits;
  yield* facts.usage;
}

function refuse(why: string): never {
  throw new TrestleError("invalid_input", `The batch cannot be stored: ${why}`);
}
