import type { JsonValue } from "@trestle/protocol";
import type { ObjectClass, ObjectContext } from "../object-class.ts";
import { ObjectError } from "../object-error.ts";
import type { EventKind, Limits, ObjectEvent } from "../protocol.ts";
import type { Turn } from "./core.ts";
import { addEvent } from "./events.ts";
import { createTurnStorage } from "./items.ts";
import { boundedText, bytesOf, parseText } from "./json-text.ts";
import { type ObjectRow, updateObject } from "./object-rows.ts";
import type { SqlPort } from "./sql-port.ts";

export interface TurnParts {
  readonly sql: SqlPort;
  readonly limits: Limits;
  readonly row: ObjectRow;
  readonly kind: EventKind;
  readonly method?: string;
  readonly caller: string;
  readonly callId: string;
  readonly now: number;
  /** Does the turn take a sequence number whatever it does? */
  readonly alwaysChanges: boolean;
}

/** Answers as text besides, since that is what is kept for a repeated key. */
export interface DoneTurn extends Turn {
  readonly resultText: string;
}

/** Runs what a class does with one object, and stores what follows. Belongs into a transaction. */
export function runTurn(parts: TurnParts, work: (context: ObjectContext) => unknown): DoneTurn {
  const { sql, limits, row, kind, method, caller, callId, now } = parts;
  const storage = createTurnStorage({ sql, object: row.key, bytes: row.bytes, limits });
  const broadcasts = createBroadcasts(limits);
  const alarm = createAlarm(row.alarmAt);
  const result = work({
    id: row.id,
    storage,
    now,
    caller,
    callId,
    broadcast: broadcasts.add,
    alarm: alarm.port,
  });
  const resultText = boundedText(result ?? null, "The result", limits.resultBytes);
  const isChanged = storage.isChanged() || broadcasts.all.length > 0;
  const changed = isChanged || parts.alwaysChanges;
  const seq = changed ? row.seq + 1 : row.seq;
  const alarmAt = alarm.at();
  const turn = {
    answer: { seq, result: parseText(resultText), changed, repeated: false },
    alarmAt,
    resultText,
  };
  if (!changed) {
    if (alarmAt !== row.alarmAt) updateObject(sql, { ...row, alarmAt });
    return turn;
  }
  const event: ObjectEvent = {
    ...{ seq, at: now, kind, caller, callId, events: broadcasts.all },
    ...(method === undefined ? {} : { method }),
  };
  addEvent(sql, row.key, event, limits);
  updateObject(sql, { ...row, seq, alarmAt, bytes: storage.bytes(), updatedAt: now });
  return { ...turn, event };
}

function createBroadcasts(limits: Limits) {
  const all: JsonValue[] = [];
  let bytes = 0;
  return {
    all,
    add(event: JsonValue): void {
      const text = boundedText(event, "What is broadcast", limits.broadcastBytes);
      bytes += bytesOf(text);
      if (bytes > limits.broadcastBytes) {
        const most = limits.broadcastBytes;
        throw new ObjectError("too_large", `One turn may broadcast ${most} bytes in all.`, {
          most,
        });
      }
      // A copy: what the class does with its own afterwards changes nothing.
      all.push(parseText(text));
    },
  };
}

function createAlarm(before: number | undefined) {
  let at = before;
  return {
    at: () => at,
    port: {
      get: () => at,
      set(when: number): void {
        if (!Number.isSafeInteger(when) || when < 0)
          throw new Error(`${when} is no time for an alarm`);
        at = when;
      },
      clear(): void {
        at = undefined;
      },
    },
  };
}

/** The arguments as the schema has them; refuses what it does not take. */
export function parseArgs(
  schema: ObjectClass["methods"][string]["input"],
  args: unknown,
  what: string,
): unknown {
  const parsed = schema.safeParse(args);
  if (parsed.success) return parsed.data;
  const issues = parsed.error.issues.slice(0, 5).map(({ path, message }) => {
    return `${path.length === 0 ? "arguments" : path.map(String).join(".")}: ${message}`;
  });
  throw new ObjectError(
    "invalid_input",
    `${what} does not take these arguments: ${issues.join("; ")}.`,
    {
      issues,
    },
  );
}
