import { stripVTControlCharacters } from "node:util";
import { parseJsonLine, parseLogfmtLine } from "./fields-line.ts";
import type { ParsedLine } from "./parsed-line.ts";
import { parseTextLine } from "./text-line.ts";

/**
 * The time, level and component that a line of a log tells in one of the common formats: ISO 8601 and log4j,
 * syslog (both RFCs), klog, access and error logs of nginx and Apache, JSON of pino, bunyan and the journal,
 * logfmt. `now`, in milliseconds, completes a time without a year. What no format tells is message.
 */
export function parseLine(text: string, now: number): ParsedLine {
  const line = text.includes("\u001b") ? stripVTControlCharacters(text) : text;
  return parseJsonLine(line, now) ?? parseLogfmtLine(line, now) ?? parseTextLine(line, now);
}
