import { TrestleError } from "@trestle/protocol";
import type { ExecutionFamily, HistoryFilter } from "./history.ts";
import type { Execution } from "./rows.ts";

/** A place in the history of several bridges: by when a call began, then by its id. */
export interface HistoryPlace {
  /** Epoch milliseconds. */
  readonly startedAt: number;
  readonly executionId: string;
}

export interface SourceFilter extends Omit<HistoryFilter, "before" | "limit"> {
  /** Only executions before this place. */
  readonly before?: HistoryPlace;
  readonly limit: number;
}

/** Where executions can be read: in this home, in a database that bridges share, at other bridges. */
export interface HistorySource {
  /** As people are told of it where it does not answer, such as `Postgres at db:5432`. */
  readonly name: string;
  /** Those that fit, the latest place first. Rejects with `unavailable`; never waits for long. */
  newest(filter: SourceFilter): Promise<readonly Execution[]>;
  /** One execution and what it caused, as far as it is known here. */
  get(executionId: string): Promise<ExecutionFamily | undefined>;
}

export function placeOf({ startedAt, executionId }: Execution): HistoryPlace {
  return { startedAt, executionId };
}

/** Is `a` the later place? As Postgres compares the two columns, byte by byte. */
export function isLater(a: HistoryPlace, b: HistoryPlace): boolean {
  return a.startedAt === b.startedAt ? a.executionId > b.executionId : a.startedAt > b.startedAt;
}

/** The `next` of a page that several sources made. */
export const PLACE = /^\d{1,15}_[\x21-\x7e]{1,200}$/;

export function toCursor({ startedAt, executionId }: HistoryPlace): string {
  return `${Math.trunc(startedAt)}_${executionId}`;
}

export function readCursor(text: string): HistoryPlace {
  if (!PLACE.test(text)) {
    throw new TrestleError("invalid_input", "before: hand in the `next` of the page before.");
  }
  const end = text.indexOf("_");
  return { startedAt: Number(text.slice(0, end)), executionId: text.slice(end + 1) };
}
