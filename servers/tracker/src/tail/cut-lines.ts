import { isUtf8 } from "node:buffer";
import type { Line } from "./source-file.ts";

const NEWLINE = 10;
/** All that is not above it is white space at the end of a line. */
const SPACE = 32;

export interface Cutting {
  readonly lines: readonly Line[];
  /** Index behind the last newline that was used. */
  readonly end: number;
  /** Lines that hold no text. */
  readonly binary: number;
}

export interface CutOptions {
  /** Of `bytes`, what is to be cut. */
  readonly from: number;
  /** The byte of the file at which `bytes` begins. */
  readonly base: number;
  /** Lines, at most. */
  readonly most: number;
  /** Is it text? Who reads JSON sees for itself what is none. */
  readonly isText: boolean;
}

/** The full lines of `bytes`; blank ones are left out. */
export function cutLines(bytes: Buffer, { from, base, most, isText }: CutOptions): Cutting {
  const isSuspect = isText && (bytes.indexOf(0, from) !== -1 || !isUtf8(bytes.subarray(from)));
  const lines: Line[] = [];
  let binary = 0;
  let at = from;
  while (lines.length < most) {
    const newline = bytes.indexOf(NEWLINE, at);
    if (newline === -1) break;
    const line = toLine(bytes, at, newline, base);
    if (line !== undefined) {
      if (isSuspect && isBinary(line.bytes)) binary += 1;
      else lines.push(line);
    }
    at = newline + 1;
  }
  return { lines, end: at, binary };
}

/**
 * One line without its end; undefined for a blank one. NULs before it are the hole that a writer leaves behind
 * whose file was truncated under it: they are no part of the line.
 */
export function toLine(bytes: Buffer, from: number, to: number, base: number): Line | undefined {
  let start = from;
  let end = to;
  while (start < end && (bytes[start] as number) === 0) start += 1;
  while (end > start && (bytes[end - 1] as number) <= SPACE) end -= 1;
  if (start === end) return undefined;
  return { offset: base + start, bytes: bytes.subarray(start, end) };
}

/** A NUL; or bytes that are no UTF-8, with a tenth of what is neither text nor white space. Never by its neighbours. */
export function isBinary(bytes: Buffer): boolean {
  if (bytes.includes(0)) return true;
  if (isUtf8(bytes)) return false;
  const sample = bytes.toString("utf8", 0, 4_096);
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  const strange = sample.match(/[\x00-\x08\x0e-\x1a\x1c-\x1f\x7f\ufffd]/g)?.length ?? 0;
  return strange * 10 > sample.length;
}
