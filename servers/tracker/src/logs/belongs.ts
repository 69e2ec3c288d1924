import type { ParsedLine } from "./parsed-line.ts";

/** The lines of one record so far, as far as the next line depends on them. */
export interface OpenRecord {
  readonly first: Pick<ParsedLine, "level" | "component" | "isHead">;
  /** A traceback of Python waits for the line that names its error. */
  readonly isTraceback: boolean;
  /** Goroutines follow: the frames of Go are not indented. */
  readonly isGo: boolean;
}

const INDENTED = /^(?:\s|\.\.\. \d+ more)/;
const TRACEBACK = /^Traceback \(most recent call last\)/;
const BETWEEN_TRACES =
  /^(?:During handling of the above exception|The above exception was the direct cause|Caused by: |\[cause\]: |Suppressed: )/;
const GOROUTINE = /^goroutine \d+ \[/;
const GO_FRAME = /^(?:created by )?[\w./*()-]+\.[\w.()*-]+(?:\(.*\))?(?: in goroutine \d+)?$/;
const RUST_TRACE = /^(?:stack backtrace:|note: run with `RUST_BACKTRACE)/;
/** `java.io.IOException: gone`, `TypeError: x is not a function`, `KeyError`. */
const EXCEPTION =
  /^(?:Exception in thread "[^"]*" |Uncaught )?(?:[\w$]+\.)*[A-Z]\w*(?:Error|Exception|Exit|Interrupt|Warning)\b(?::|$)/;
/** Of an object that was printed over several lines. */
const CLOSING = /^[}\])]+[,;]?$/;

/**
 * Whether a line goes on with the record before it. It depends on nothing but the two, so that it does not
 * matter how many lines are read at once.
 */
export function belongsTo(record: OpenRecord, line: string, parsed: ParsedLine): boolean {
  if (parsed.isHead) return false;
  if (INDENTED.test(line) || CLOSING.test(line) || BETWEEN_TRACES.test(line)) return true;
  if (RUST_TRACE.test(line)) return true;
  if (record.isTraceback) return true;
  if (GOROUTINE.test(line)) return record.isGo || isFailure(record);
  if (record.isGo) return GO_FRAME.test(line);
  const startsTrace = TRACEBACK.test(line) || EXCEPTION.test(line);
  // A logger writes its line, and then the error that it was given.
  return startsTrace && record.first.isHead && isFailure(record);
}

export function openRecord(line: string, first: ParsedLine): OpenRecord {
  const { level, component, isHead } = first;
  const told = { ...(level && { level }), ...(component && { component }), isHead };
  return withLine({ first: told, isTraceback: false, isGo: false }, line);
}

export function withLine(record: OpenRecord, line: string): OpenRecord {
  const endsTraceback = record.isTraceback && !INDENTED.test(line);
  return {
    first: record.first,
    isTraceback: TRACEBACK.test(line) || (record.isTraceback && !endsTraceback),
    isGo: record.isGo || GOROUTINE.test(line),
  };
}

function isFailure({ first: { level } }: OpenRecord): boolean {
  return level === "error" || level === "fatal" || level === "warning";
}
