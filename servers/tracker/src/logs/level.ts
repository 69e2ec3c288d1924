import type { LinePart } from "../model/record.ts";

export type Level = NonNullable<LinePart["level"]>;

const WORDS: Readonly<Record<Level, string>> = {
  debug: "trace debug verbose fine finer finest dbg trc",
  info: "info notice inf",
  warning: "warn warning wrn",
  error: "error err severe",
  fatal: "fatal critical crit alert emerg emergency panic ftl",
};
const BY_WORD: ReadonlyMap<string, Level> = new Map(
  Object.entries(WORDS).flatMap(([level, words]) =>
    words.split(" ").map((word) => [word, level as Level] as const),
  ),
);
/** What a program says, without a level, when it ends by a fault. */
const FAULT =
  /^(?:Traceback \(most recent call last\)|Exception in thread |Unhandled |Uncaught |(?:[\w$]+\.)*[A-Z]\w*(?:Error|Exception)\b:?)/;
const END = /^(?:panic: |fatal error: |thread '.*' panicked at |Segmentation fault|Killed$)/;

export function levelOfWord(word: string): Level | undefined {
  return BY_WORD.get(word.toLowerCase());
}

/** As pino and bunyan count: 10 to 60. */
export function levelOfNumber(value: number): Level {
  if (value >= 60) return "fatal";
  if (value >= 50) return "error";
  if (value >= 40) return "warning";
  return value >= 30 ? "info" : "debug";
}

/** As syslog and the journal count: 0 is the worst of 8. */
export function levelOfPriority(priority: number): Level {
  if (priority <= 2) return "fatal";
  if (priority === 3) return "error";
  if (priority === 4) return "warning";
  return priority === 7 ? "debug" : "info";
}

export function levelOfStatus(status: number): Level {
  if (status >= 500) return "error";
  return status >= 400 ? "warning" : "info";
}

/** Of a line that names none. */
export function levelOfWords(message: string): Level | undefined {
  if (END.test(message)) return "fatal";
  return FAULT.test(message) ? "error" : undefined;
}
