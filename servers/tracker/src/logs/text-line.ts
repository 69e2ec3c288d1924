import { type Level, levelOfPriority, levelOfStatus, levelOfWord, levelOfWords } from "./level.ts";
import type { ParsedLine } from "./parsed-line.ts";
import { takeTimestamp } from "./timestamp.ts";

/** Common and combined access logs of nginx and Apache. */
const ACCESS =
  /^\S+ \S+ \S+ \[(?<time>[^\]]+)\] "(?<request>[^"]*)" (?<status>\d{3}) (?:\d+|-)(?: .*)?$/;
/** `<34>` of syslog on the wire, with the `1` of RFC 5424. */
const PRIORITY = /^<(?<priority>\d{1,3})>(?:1 )?/;
/** After a time: `host program[123]: `; only where the program is followed by a colon. */
const SYSLOG = /^\s(?<host>[\w.-]+) (?<program>[\w./@-]+?)(?:\[\d+\])?: /;
/** RFC 5424 after its time: `host program 123 ID [data]` */
const SYSLOG_5424 = /^ \S+ (?<program>\S+) \S+ \S+ (?:-|\[.*?\]) ?/;
const KLOG = /^(?<letter>[IWEF])(?=\d{4} \d{2}:\d{2}:\d{2})/;
const KLOG_PLACE = /^\s+\d+ (?<place>[\w.-]+):\d+\] /;
const KLOG_LEVELS: Readonly<Record<string, Level>> = {
  I: "info",
  W: "warning",
  E: "error",
  F: "fatal",
};

/** One field between the time and the message; what it says is told by its form. */
const FIELD =
  /^[\s|:,-]*(?:\[(?<bracket>[^\][]{1,80})\]|(?<word>[A-Za-z][\w.$/@-]*)(?=[\s:\]|]|$)|(?<number>\d+(?:#\d+)?)(?=[\s:]))/;
const MOST_FIELDS = 6;
/** A logger's name: with dots, or told from the message by a colon or a dash. */
const LOGGER = /^[A-Za-z_][\w$-]*(?:[.$/][\w$-]+)+$/;

/** A line of a text log: time, level and component as far as its format tells them. */
export function parseTextLine(line: string, now: number): ParsedLine {
  const access = ACCESS.exec(line)?.groups;
  if (access !== undefined) return ofAccess(access, now);
  const priority = PRIORITY.exec(line);
  const klog = KLOG.exec(line);
  const begin = priority?.[0].length ?? klog?.[0].length ?? 0;
  const time = takeTimestamp(line.slice(begin), now);
  const rest = time?.rest ?? line.slice(begin);
  const told = klog === null ? fieldsOf(rest, time !== undefined, priority !== null) : klogOf(rest);
  const level =
    told.level ??
    (klog === null ? undefined : KLOG_LEVELS[klog.groups?.letter ?? ""]) ??
    (priority === null ? undefined : levelOfPriority(Number(priority.groups?.priority) % 8)) ??
    levelOfWords(told.message);
  return {
    message: told.message,
    isHead: time !== undefined || priority !== null || told.level !== undefined,
    ...(time === undefined ? {} : { at: time.at }),
    ...(level === undefined ? {} : { level }),
    ...(told.component === undefined ? {} : { component: told.component }),
  };
}

interface Told {
  readonly message: string;
  readonly level?: Level | undefined;
  readonly component?: string | undefined;
}

function ofAccess(groups: Readonly<Record<string, string>>, now: number): ParsedLine {
  const time = takeTimestamp(groups.time ?? "", now);
  return {
    message: `${groups.request} ${groups.status}`,
    level: levelOfStatus(Number(groups.status)),
    component: "http",
    isHead: true,
    ...(time === undefined ? {} : { at: time.at }),
  };
}

function klogOf(rest: string): Told {
  const place = KLOG_PLACE.exec(rest);
  return { message: rest.slice(place?.[0].length ?? 0).trim(), component: place?.groups?.place };
}

function fieldsOf(rest: string, hasTime: boolean, hasPriority: boolean): Told {
  const wire = hasPriority && hasTime ? SYSLOG_5424.exec(rest) : null;
  const syslog = wire ?? (hasTime ? SYSLOG.exec(rest) : null);
  if (syslog !== null && levelOfWord(syslog.groups?.host ?? "") === undefined) {
    const inner = readFields(rest.slice(syslog[0].length), false);
    return { ...inner, component: syslog.groups?.program };
  }
  return readFields(rest, hasTime);
}

/**
 * Reads fields from the left while they are what stands before a message: a level, a logger, a thread or number
 * between them. Without a time or level before them, words are the message itself.
 */
function readFields(text: string, hasTime: boolean): Told {
  let rest = text;
  let level: Level | undefined;
  let component: string | undefined;
  for (let count = 0; count < MOST_FIELDS; count += 1) {
    const field = FIELD.exec(rest);
    if (field?.groups === undefined) break;
    const { bracket, word, number } = field.groups;
    const after = rest.slice(field[0].length);
    const named = levelOfField(bracket ?? word, {
      after,
      isBracket: bracket !== undefined,
      hasTime,
    });
    const isNew = named !== undefined && level === undefined;
    const isNamed = level !== undefined || hasTime;
    if (isNew) level = named;
    else if (!isNamed) break;
    else if (word !== undefined) {
      if (component !== undefined || !isLogger(word, after, level !== undefined)) break;
      component = word;
    } else if (bracket !== undefined) component ??= loggerIn(bracket);
    else if (number === undefined || !/^[\s:]/.test(after)) break;
    rest = after;
  }
  return { message: rest.replace(/^[\s|:\]-]+/, "").trimEnd(), level, component };
}

/** A word is a level where it can be none of the message: in brackets, before a colon, after a time, in capitals. */
function levelOfField(
  text: string | undefined,
  place: { readonly after: string; readonly isBracket: boolean; readonly hasTime: boolean },
): Level | undefined {
  if (text === undefined) return undefined;
  const level = levelOfWord(text);
  const isTold =
    place.isBracket || place.hasTime || place.after.startsWith(":") || text === text.toUpperCase();
  return isTold ? level : undefined;
}

function isLogger(word: string, after: string, hasLevel: boolean): boolean {
  if (LOGGER.test(word)) return true;
  return /^ [-|] /.test(after) || (hasLevel && after.startsWith(":"));
}

/** `[main]` and `[http-nio-8080-exec-1]` are threads; `[org.acme.Shop]` and `[billing]` are parts of a system. */
function loggerIn(bracket: string): string | undefined {
  if (!/^[A-Za-z][\w.$:/-]*$/.test(bracket)) return undefined;
  return /^(?:main|[\w.-]*(?:thread|exec|pool|worker|nio|default)[\w.-]*)$/i.test(bracket)
    ? undefined
    : bracket;
}
