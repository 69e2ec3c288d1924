import type { Level } from "./level.ts";

/** What a line of a log says, whatever its format. */
export interface ParsedLine {
  /** Milliseconds since 1970. */
  readonly at?: number;
  readonly level?: Level;
  readonly component?: string;
  /** Without time, level and component. */
  readonly message: string;
  /** An error that the line carries beside its message. */
  readonly error?: LoggedError;
  /** Did the format tell where a record begins? Lines that follow without it may belong to it. */
  readonly isHead: boolean;
}

export interface LoggedError {
  readonly name?: string;
  readonly message?: string;
  readonly stack?: string;
}
