import type {
  ObjectClass,
  ObjectClasses,
  ObjectContext,
  ObjectMethod,
  ReadContext,
} from "../object-class.ts";
import { ObjectError } from "../object-error.ts";
import type {
  CallRequest,
  DeleteRequest,
  InitializeRequest,
  Limits,
  ObjectRef,
  ObjectView,
} from "../protocol.ts";
import { findAnswer, type KeyedCall, keepAnswer } from "./answers.ts";
import { fingerprint } from "./canonical.ts";
import { checkRef, findMethod, notFound } from "./classes.ts";
import type { ObjectCore, Snapshot, Turn } from "./core.ts";
import { readEvents } from "./events.ts";
import { createReadStorage } from "./items.ts";
import { boundedText, parseText } from "./json-text.ts";
import { listPage } from "./listing.ts";
import {
  findObject,
  insertObject,
  type ObjectRow,
  soonestAlarms,
  updateObject,
} from "./object-rows.ts";
import { type DoneTurn, parseArgs, runTurn, type TurnParts } from "./run-turn.ts";
import type { SqlPort } from "./sql-port.ts";

export interface CoreParts {
  readonly sql: SqlPort;
  readonly classes: ObjectClasses;
  readonly limits: Limits;
  /** Epoch milliseconds. */
  readonly now: () => number;
  /** For calls that come without a key. */
  readonly newId: () => string;
}

/** How long an alarm waits that failed. */
const ALARM_AGAIN_MS = 60_000;
const ALARM_CALLER = "alarm";

/** Everything on one object, over tables that `SCHEMA` has made. */
export function createObjectCore(parts: CoreParts): ObjectCore {
  const { sql, classes, now } = parts;
  return {
    initialize: (ref, request, caller) => initialize(parts, ref, { request, caller }),
    call: (ref, request, caller) => call(parts, ref, { request, caller }),
    delete: (ref, request, caller) => remove(parts, ref, { request, caller }),
    ring: (ref) => ring(parts, ref),
    get(ref) {
      const found = checkRef(classes, ref);
      const row = requireAlive(sql, ref);
      const { seq, createdAt, updatedAt } = row;
      return { ...ref, seq, state: stateOf(sql, found, { row, now: now() }), createdAt, updatedAt };
    },
    snapshot: (ref) => snapshot(parts, ref),
    events(ref, range) {
      checkRef(classes, ref);
      const row = findObject(sql, ref);
      if (row === undefined) throw notFound(ref);
      return readEvents(sql, row, range);
    },
    list: (query) => listPage(sql, query),
    alarms: (limit) =>
      soonestAlarms(sql, limit).map((row) => ({
        ref: { class: row.class, id: row.id },
        at: row.alarmAt ?? 0,
      })),
  };
}

interface Asked<Request> {
  readonly request: Request;
  readonly caller: string;
}

function initialize(parts: CoreParts, ref: ObjectRef, asked: Asked<InitializeRequest>): Turn {
  const { sql, limits } = parts;
  const { initial } = checkRef(parts.classes, ref);
  const { args = {}, key } = asked.request;
  boundedText(args, "The arguments", limits.argsBytes);
  const given = initial
    ? parseArgs(initial.input, args, `initialize of ${ref.class}`)
    : noArgs(ref, args);
  return keyed(
    parts,
    ref,
    { key, caller: asked.caller, mark: fingerprint(["initialize", args]) },
    (row) => {
      if (row?.alive) return unchanged(row, { created: false });
      const now = parts.now();
      const fresh = row === undefined ? insertObject(sql, ref, now) : revived(row, now);
      const turn = {
        ...startOf(parts, fresh, asked),
        kind: "initialized" as const,
        alwaysChanges: true,
      };
      return runTurn(turn, (context) => {
        initial?.run(context, given as never);
        return { created: true };
      });
    },
  );
}

function call(parts: CoreParts, ref: ObjectRef, asked: Asked<CallRequest>): Turn {
  const { method: name, args = {}, key, expectedSeq } = asked.request;
  const method = findMethod(checkRef(parts.classes, ref), name);
  const what = `${ref.class}.${name}`;
  boundedText(args, "The arguments", parts.limits.argsBytes);
  const given = parseArgs(method.input, args, what);
  if (method.isReadOnly) {
    const row = requireAlive(parts.sql, ref);
    checkSeq(row, expectedSeq);
    return read(parts, row, (context) =>
      answerOf(method, { what, context: context as ObjectContext, given }),
    );
  }
  const mark = fingerprint(["call", name, args]);
  return keyed(parts, ref, { key, caller: asked.caller, mark }, (found) => {
    const row = alive(found, ref);
    checkSeq(row, expectedSeq);
    const turn = { ...startOf(parts, row, asked), kind: "called" as const, method: name };
    return runTurn(turn, (context) => answerOf(method, { what, context, given }));
  });
}

interface Calling {
  readonly what: string;
  readonly context: ObjectContext;
  readonly given: unknown;
}

function answerOf(method: ObjectMethod, { what, context, given }: Calling): unknown {
  const parsed = method.output.safeParse(method.run(context, given as never));
  if (parsed.success) return parsed.data;
  // The fault of the class, and no word about it for who calls.
  throw new Error(`${what} answered what is not its output: ${parsed.error.message}`);
}

/** Needs no transaction, as it is given nothing to write with. */
function read(
  { sql, limits, now }: CoreParts,
  row: ObjectRow,
  work: (context: ReadContext) => unknown,
): Turn {
  const context = { id: row.id, storage: createReadStorage(sql, row.key), now: now() };
  const text = boundedText(work(context) ?? null, "The result", limits.resultBytes);
  const answer = { seq: row.seq, result: parseText(text), changed: false, repeated: false };
  return { answer, alarmAt: row.alarmAt };
}

function remove(parts: CoreParts, ref: ObjectRef, asked: Asked<DeleteRequest>): Turn {
  const { sql } = parts;
  checkRef(parts.classes, ref);
  const keyedCall = { key: asked.request.key, caller: asked.caller, mark: fingerprint("delete") };
  return keyed(parts, ref, keyedCall, (found) => {
    const row = alive(found, ref);
    checkSeq(row, asked.request.expectedSeq);
    sql.run("DELETE FROM item WHERE object = ?", row.key);
    sql.run("DELETE FROM event WHERE object = ?", row.key);
    const bare = { ...row, bytes: 0, alarmAt: undefined, alive: false };
    const turn = { ...startOf(parts, bare, asked), kind: "deleted" as const, alwaysChanges: true };
    return runTurn(turn, () => ({ deleted: true }));
  });
}

function ring(parts: CoreParts, ref: ObjectRef): Turn | undefined {
  const { sql, classes, now } = parts;
  const due = findObject(sql, ref);
  if (due?.alarmAt === undefined || due.alarmAt > now()) return undefined;
  const found = classes.get(ref.class);
  const row = { ...due, alarmAt: undefined };
  const turn = {
    ...startOf(parts, row, { caller: ALARM_CALLER, request: {} }),
    kind: "alarm" as const,
  };
  try {
    return sql.transaction(() => {
      updateObject(sql, row);
      return runTurn(turn, (context) => {
        found?.onAlarm?.(context);
        return null;
      });
    });
  } catch (error) {
    sql.transaction(() => updateObject(sql, { ...due, alarmAt: now() + ALARM_AGAIN_MS }));
    throw error;
  }
}

interface MaybeKeyed extends Omit<KeyedCall, "key"> {
  readonly key: string | undefined;
}

/** Does the work once for its key, in one transaction, and answers the same again. */
function keyed(
  { sql, limits, now }: CoreParts,
  ref: ObjectRef,
  { key, caller, mark }: MaybeKeyed,
  work: (row: ObjectRow | undefined) => DoneTurn,
): Turn {
  return sql.transaction(() => {
    const row = findObject(sql, ref);
    if (key === undefined) return work(row);
    const earlier = row && findAnswer(sql, row.key, { key, caller, mark });
    if (earlier !== undefined) return { answer: earlier, alarmAt: row?.alarmAt };
    const turn = work(row);
    const object = turn.answer.changed && findObject(sql, ref)?.key;
    // Where nothing was changed the call can be repeated without an answer to keep.
    if (typeof object === "number") {
      const { answer, resultText: result } = turn;
      const call = { key, caller, mark };
      keepAnswer(sql, { object, call, seq: answer.seq, result, now: now() }, limits);
    }
    return turn;
  });
}

type Start = Omit<TurnParts, "kind" | "method">;

function startOf(
  { sql, limits, now, newId }: CoreParts,
  row: ObjectRow,
  { caller, request }: Asked<{ readonly key?: string | undefined }>,
): Start {
  const callId = request.key ?? newId();
  return { sql, limits, row, caller, callId, now: now(), alwaysChanges: false };
}

function snapshot({ sql, classes, now }: CoreParts, ref: ObjectRef): Snapshot {
  const found = checkRef(classes, ref);
  const row = findObject(sql, ref);
  if (row === undefined) return { seq: 0, exists: false, state: null };
  if (!row.alive) return { seq: row.seq, exists: false, state: null };
  return { seq: row.seq, exists: true, state: stateOf(sql, found, { row, now: now() }) };
}

function stateOf(
  sql: SqlPort,
  found: ObjectClass,
  { row, now }: { readonly row: ObjectRow; readonly now: number },
): ObjectView["state"] {
  return found.state({ id: row.id, storage: createReadStorage(sql, row.key), now });
}

function requireAlive(sql: SqlPort, ref: ObjectRef): ObjectRow {
  return alive(findObject(sql, ref), ref);
}

function alive(row: ObjectRow | undefined, ref: ObjectRef): ObjectRow {
  if (row?.alive) return row;
  throw notFound(ref);
}

/** Goes on with the numbers of the object that had the name before, so that nobody mistakes one for the other. */
function revived(row: ObjectRow, now: number): ObjectRow {
  return { ...row, alive: true, bytes: 0, alarmAt: undefined, createdAt: now };
}

function unchanged({ seq, alarmAt }: ObjectRow, result: { created: boolean }): DoneTurn {
  const answer = { seq, result, changed: false, repeated: false };
  return { answer, alarmAt, resultText: JSON.stringify(result) };
}

function noArgs({ class: name }: ObjectRef, args: object): void {
  if (Object.keys(args).length === 0) return;
  throw new ObjectError("invalid_input", `A ${name} is initialized without arguments.`);
}

function checkSeq({ seq }: ObjectRow, expected: number | undefined): void {
  if (expected === undefined || expected === seq) return;
  throw new ObjectError(
    "conflict",
    `The object has the sequence number ${seq}, not ${expected}: it was changed meanwhile. Read it, and decide again.`,
    { seq, expectedSeq: expected },
  );
}
