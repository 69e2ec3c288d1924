import { messageOf } from "@trestle/protocol";

/**
 * - `corrupt`: an object of the index is not what was written; the message names it and what heals it.
 * - `newer_format`: written by a later version of this program.
 * - `busy`: more lines wait to be written than fit in memory; ask again later.
 * - `too_large`: one append is larger than a segment may be; give it in parts.
 * - `closed`: the ledger was closed.
 * - `unsettled`: what is read kept being replaced while it was read, or the index cannot be compacted as it is.
 */
export type LedgerErrorCode =
  | "corrupt"
  | "newer_format"
  | "busy"
  | "too_large"
  | "closed"
  | "unsettled";

/** Tell them apart by `code`, never by class. What the store itself refuses stays an ObjectStoreError. */
export class LedgerError extends Error {
  override readonly name = "LedgerError";
  readonly code: LedgerErrorCode;

  constructor(code: LedgerErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

export function codeOf(error: unknown): string | undefined {
  const code = error instanceof Error && "code" in error ? error.code : undefined;
  return typeof code === "string" ? code : undefined;
}

/** An object that cannot be used as it is, whatever threw while it was read. */
export function corrupt(key: string, cause: unknown): LedgerError {
  if (codeOf(cause) === "newer_format" || codeOf(cause) === "corrupt") return cause as LedgerError;
  return new LedgerError(
    "corrupt",
    `${key} is damaged (${messageOf(cause)}). The records are whole: rebuild the index from them.`,
    { cause },
  );
}

/** Refuses what a later program wrote. */
export function checkFormat(key: string, format: unknown, known: number): void {
  if (format === known) return;
  if (typeof format === "number" && format > known) {
    throw new LedgerError(
      "newer_format",
      `${key} was written by a newer version of this program (format ${format}, this one reads ${known}). Update this program.`,
    );
  }
  throw new Error(`no format ${JSON.stringify(format ?? null)}`);
}
