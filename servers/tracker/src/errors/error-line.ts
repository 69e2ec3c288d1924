import { stripVTControlCharacters } from "node:util";

/** What an answer says of its error. */
export interface ErrorLine {
  /** The one line that names it. */
  readonly line: string;
  readonly type?: string;
}

const MOST_LINES = 400;
const MOST_TEXT = 64_000;
const WRAPPERS = /<\/?(?:tool_use_error|error|stderr|stdout|persisted-output)>/g;
const EXIT = /^(?:Exit code|Process exited with code) \d+$/i;
/** `TypeError: x`, `java.lang.IllegalStateException`, `error TS2345: x`, `error[E0425]: x`. */
const NAMED =
  /^(?:Exception in thread "[^"]*" |Uncaught |Unhandled )?(?<type>(?:[\w$]+\.)*[A-Z]\w*(?:Error|Exception|Interrupt|Panic))\b(?: \[[^\]]*\])?(?::|$)/;
const CODED = /\berror(?: (?<ts>TS\d+)|\[(?<rust>E\d+)\])/;
const SYSTEM = /\b(?<errno>E[A-Z]{3,}[A-Z0-9]*)\b(?=[:,\s]|$)/;
const PANIC = /^(?:panic: |fatal error: |thread '.*' panicked at )/;
const SAYS_ERROR =
  /\b(?:error|exception|fail(?:ed|ure|s)?|fatal|panic|cannot|can't|could not|unable|not found|denied|refused|timed? ?out|no such|invalid|unexpected|undefined|does not exist|unknown|missing)\b/i;
/** Counts of failures sum up what other lines say. */
const SUMMARY = /^(?:\W*\d+ (?:error|warning|fail|problem)|found 0 errors|\W*0 (?:errors|failed))/i;
const TRACEBACK = /^Traceback \(most recent call last\)/m;

/** The line that names the error, among all that a tool or program wrote; "" where there is nothing. */
export function errorLineOf(text: string): ErrorLine {
  const plain = stripVTControlCharacters(text.slice(0, MOST_TEXT)).replace(WRAPPERS, "");
  // What hooks answer is JSON in JSON: its lines end with two characters.
  const isEscaped = plain.split("\\n", MOST_LINES).length > plain.split("\n", MOST_LINES).length;
  const clean = isEscaped ? plain.replaceAll("\\n", "\n") : plain;
  const lines = clean
    .split("\n", MOST_LINES)
    .map((line) => line.trim())
    .filter((line) => line !== "" && !EXIT.test(line));
  const named = lines.filter((line) => NAMED.test(line) || PANIC.test(line));
  // Python names the error after its trace, and of several the last is the one that ended it.
  const line =
    (TRACEBACK.test(clean) ? named.at(-1) : named[0]) ??
    lines.find((each) => CODED.test(each)) ??
    lines.find((each) => SAYS_ERROR.test(each) && !SUMMARY.test(each)) ??
    lines[0] ??
    "";
  const type = typeIn(line);
  return { line, ...(type === undefined ? {} : { type }) };
}

function typeIn(line: string): string | undefined {
  const named = NAMED.exec(line)?.groups?.type?.split(".").at(-1);
  if (named !== undefined && named !== "Error") return named;
  if (PANIC.test(line)) return "panic";
  const coded = CODED.exec(line)?.groups;
  return coded?.ts ?? coded?.rust ?? SYSTEM.exec(line)?.groups?.errno ?? named;
}
