import { isJsonObject, type JsonObject, type JsonValue } from "@trestle/protocol";
import { idIn, numberIn, objectIn, textIn } from "../transcripts/fields.ts";
import { type Level, levelOfNumber, levelOfPriority, levelOfWord } from "./level.ts";
import type { LoggedError, ParsedLine } from "./parsed-line.ts";
import { epochOf, takeTimestamp } from "./timestamp.ts";

const TIMES = ["time", "timestamp", "@timestamp", "ts", "t", "date", "datetime"];
const LEVELS = ["level", "severity", "lvl", "log.level", "levelname", "loglevel"];
const MESSAGES = ["msg", "message", "MESSAGE", "event", "text", "body"];
const COMPONENTS = ["component", "logger", "module", "name", "service", "app", "SYSLOG_IDENTIFIER"];
const ERRORS = ["err", "error", "exception", "exc_info", "stack", "stack_trace"];
const PAIRS = /([\w.@-]+)=("(?:[^"\\]|\\.)*"|[^\s"]*)/gy;

/** pino, bunyan, the journal as JSON and their like: undefined where the line is no object with a message. */
export function parseJsonLine(line: string, now: number): ParsedLine | undefined {
  if (!line.startsWith("{")) return undefined;
  try {
    const value: unknown = JSON.parse(line);
    return isJsonObject(value as JsonValue) ? ofFields(value as JsonObject, now) : undefined;
  } catch {
    return undefined;
  }
}

/** `level=info msg="it works"`: undefined where the line is not made of pairs, or has no message. */
export function parseLogfmtLine(line: string, now: number): ParsedLine | undefined {
  const fields: Record<string, string> = {};
  let at = 0;
  PAIRS.lastIndex = 0;
  for (let pair = PAIRS.exec(line); pair !== null; pair = PAIRS.exec(line)) {
    fields[pair[1] as string] = unquoted(pair[2] as string);
    at = PAIRS.lastIndex;
    while (line[at] === " ") at += 1;
    PAIRS.lastIndex = at;
  }
  return at < line.length || Object.keys(fields).length < 2 ? undefined : ofFields(fields, now);
}

function unquoted(value: string): string {
  if (!value.startsWith('"')) return value;
  const marks: Readonly<Record<string, string>> = { n: "\n", t: "\t", r: "\r" };
  return value.slice(1, -1).replace(/\\(.)/g, (_, mark: string) => marks[mark] ?? mark);
}

function ofFields(fields: JsonObject, now: number): ParsedLine | undefined {
  const error = firstOf(ERRORS, (key) => errorIn(fields, key));
  const message = firstOf(MESSAGES, (key) => textIn(fields, key)) ?? error?.message;
  if (message === undefined) return undefined;
  const at = timeOf(fields, now);
  const level = levelOf(fields);
  const component =
    firstOf(COMPONENTS, (key) => textIn(fields, key)) ??
    textIn(fields, "_SYSTEMD_UNIT") ??
    textIn(fields, "caller")?.replace(/:\d+$/, "");
  return {
    message,
    isHead: true,
    ...(at === undefined ? {} : { at }),
    ...(level === undefined ? {} : { level }),
    ...(component === undefined ? {} : { component }),
    ...(error === undefined ? {} : { error }),
  };
}

function timeOf(fields: JsonObject, now: number): number | undefined {
  const journal = idIn(fields, "__REALTIME_TIMESTAMP");
  if (journal !== undefined) return epochOf(Number(journal));
  return firstOf(TIMES, (key) => {
    const number = numberIn(fields, key);
    if (number !== undefined) return epochOf(number);
    return takeTimestamp(textIn(fields, key) ?? "", now)?.at;
  });
}

function levelOf(fields: JsonObject): Level | undefined {
  const priority = idIn(fields, "PRIORITY");
  if (priority !== undefined && /^[0-7]$/.test(priority)) return levelOfPriority(Number(priority));
  const nested = textIn(objectIn(fields, "log"), "level");
  if (nested !== undefined) return levelOfWord(nested);
  return firstOf(LEVELS, (key) => {
    const number = numberIn(fields, key);
    return number === undefined ? levelOfWord(textIn(fields, key) ?? "") : levelOfNumber(number);
  });
}

function errorIn(fields: JsonObject, key: string): LoggedError | undefined {
  const text = textIn(fields, key);
  if (text !== undefined) return text.includes("\n") ? { stack: text } : { message: text };
  const error = objectIn(fields, key);
  if (error === undefined) return undefined;
  const name = textIn(error, "type") ?? textIn(error, "name");
  const message = textIn(error, "message");
  const stack = textIn(error, "stack") ?? textIn(error, "stacktrace");
  return {
    ...(name === undefined ? {} : { name }),
    ...(message === undefined ? {} : { message }),
    ...(stack === undefined ? {} : { stack }),
  };
}

function firstOf<Key, Value>(
  keys: readonly Key[],
  find: (key: Key) => Value | undefined,
): Value | undefined {
  for (const key of keys) {
    const value = find(key);
    if (value !== undefined) return value;
  }
  return undefined;
}
