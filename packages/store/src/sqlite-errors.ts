import { type ErrorCode, isTrestleError, messageOf, TrestleError } from "@trestle/protocol";

/** SQLite's primary result codes that we tell apart. */
const SQLITE_BUSY = 5;
const SQLITE_LOCKED = 6;
const SQLITE_CORRUPT = 11;
const SQLITE_FULL = 13;
const SQLITE_CONSTRAINT = 19;
const SQLITE_NOTADB = 26;

/** Readonly, out of memory, I/O error, cannot open, protocol: the machine's trouble, not the statement's. */
const machineTrouble = new Set([7, 8, 10, 14, 15]);

const trouble: [ErrorCode, string] = [
  "unavailable",
  "Check the disk and the file's permissions, then try again.",
];

/** The primary SQLite result code of an error, or undefined where SQLite did not throw it. */
export function sqliteCode(error: unknown): number | undefined {
  if (!(error instanceof Error) || !("errcode" in error)) return undefined;
  return typeof error.errcode === "number" ? error.errcode & 0xff : undefined;
}

export function isBusy(error: unknown): boolean {
  const code = sqliteCode(error);
  return code === SQLITE_BUSY || code === SQLITE_LOCKED;
}

/** Is the file none of SQLite's, or broken? */
export function isDamage(code: number | undefined): boolean {
  return code === SQLITE_CORRUPT || code === SQLITE_NOTADB;
}

/** Says what SQLite said in our words: which file, what happened, what to do next. What is said so already stays. */
export function toStoreError(error: unknown, file: string): TrestleError {
  if (isTrestleError(error)) return error;
  const said = messageOf(error);
  const [code, advice] = isFileError(error) ? trouble : verdictOf(sqliteCode(error));
  return new TrestleError(code, `${file}: ${said}. ${advice}`, { cause: error });
}

function verdictOf(code: number | undefined): [ErrorCode, string] {
  if (code === SQLITE_CONSTRAINT) return ["conflict", "Nothing of this write was stored."];
  if (code === SQLITE_FULL) {
    return ["unavailable", "Nothing of this write was stored; free some disk space and try again."];
  }
  if (code === SQLITE_BUSY || code === SQLITE_LOCKED) {
    return ["unavailable", "Another process is writing to it for long; try again."];
  }
  if (isDamage(code)) {
    return [
      "unavailable",
      "Stop every process that uses it, then restore the newest .bak beside it.",
    ];
  }
  if (code !== undefined && machineTrouble.has(code)) {
    return trouble;
  }
  return ["internal", "The statement does not fit the schema; nothing of it was stored."];
}

/** An error of the operating system, as node:fs throws it. */
function isFileError(error: unknown): boolean {
  return error instanceof Error && "syscall" in error;
}
