import { hash } from "node:crypto";
import type { Stage } from "@trestle/policy";
import type { Row, Sqlite, SqlValue } from "@trestle/store";
import type { HistoryStore } from "../history/history.ts";
import { type Execution, toExecution } from "../history/rows.ts";
import { unpackStages } from "../history/stages.ts";

/** How one finished call ended. */
export interface LearnedOutcome {
  readonly server: string;
  readonly tool: string;
  readonly principal: string;
  readonly outcome: "success" | "tool_error" | "error" | "outcome_unknown";
  readonly errorCode?: string | undefined;
  /** Epoch milliseconds. */
  readonly startedAt: number;
  readonly durationMs: number;
  readonly cached: boolean;
  readonly fallbackUsed: boolean;
}

/** One finished call, as far as something can be learned from it. */
export interface LearnedCall extends LearnedOutcome {
  readonly readOnly: boolean;
  /** Equal where the stored arguments were: those are redacted, so that some others are equal, too. */
  readonly arguments: string;
  readonly retries: number;
  readonly resultHash?: string | undefined;
  /** Read when first asked for. */
  stages(): readonly Stage[];
}

/** What a call cost, and what it was part of. */
export interface CostedCall {
  readonly executionId: string;
  readonly parentExecutionId?: string | undefined;
  readonly server: string;
  readonly principal: string;
  /** The chain or the run of a workflow whose step it is. */
  readonly run?: string | undefined;
  readonly startedAt: number;
  readonly cost: number;
}

/** The history as it is learned from: much of it at once, and little of each call. */
export interface LearnedCalls {
  /** Every finished call that is kept, the oldest first. */
  calls(): Promise<LearnedCall[]>;
  /** The same, and of each only how it ended: that is read in a fraction of the time. */
  outcomes(): Promise<LearnedOutcome[]>;
  /** Whole executions from one number of the history to another, both included; at most `most` of them. */
  between(first: number, last: number, most: number): Promise<Execution[]>;
  /** Calls with a cost, and those that others were part of, the oldest first. */
  costed(from: number, to: number): Promise<CostedCall[]>;
}

const OUTCOME =
  "seq, server, tool, principal, outcome, error_code, started_at, duration_ms, cached, fallback_used";
const CALL = `${OUTCOME}, read_only, arguments, retries, result_hash, stages`;
const FINISHED = "outcome <> 'started' AND duration_ms IS NOT NULL";
/** As many are read before everybody else has a turn. */
const PAGE = 2_000;

export function createLearnedCalls(
  database: Sqlite,
  history: Pick<HistoryStore, "list">,
): LearnedCalls {
  /** What waits to be written is in no table yet. */
  const settle = () => history.list({ limit: 1 });

  async function readAll<Value>(
    select: string,
    params: readonly SqlValue[],
    read: (row: Row) => Value,
  ): Promise<Value[]> {
    await settle();
    const found: Value[] = [];
    for (let after = 0; ; ) {
      const rows = database.read(`${select} AND seq > ? ORDER BY seq LIMIT ${PAGE}`, [
        ...params,
        after,
      ]);
      for (const row of rows) found.push(read(row));
      const last = rows.at(-1);
      if (rows.length < PAGE || last === undefined) return found;
      after = Number(last.seq);
      await new Promise(setImmediate);
    }
  }

  return {
    calls: () => readAll(`SELECT ${CALL} FROM executions WHERE ${FINISHED}`, [], toCall),
    outcomes: () => readAll(`SELECT ${OUTCOME} FROM executions WHERE ${FINISHED}`, [], toOutcome),
    async between(first, last, most) {
      await settle();
      const sql = "SELECT * FROM executions WHERE seq BETWEEN ? AND ? ORDER BY seq LIMIT ?";
      return database.read(sql, [first, last, most]).map(toExecution);
    },
    costed(from, to) {
      const select = `SELECT seq, execution_id, parent_execution_id, server, principal, run, started_at, cost
        FROM executions WHERE started_at >= ? AND started_at < ?`;
      return readAll(select, [from, to], toCosted);
    },
  };
}

function toOutcome(row: Row): LearnedOutcome {
  return {
    server: String(row.server),
    tool: String(row.tool),
    principal: String(row.principal),
    outcome: String(row.outcome) as LearnedOutcome["outcome"],
    errorCode: textOf(row.error_code),
    startedAt: Number(row.started_at),
    durationMs: Number(row.duration_ms),
    cached: row.cached === 1,
    fallbackUsed: row.fallback_used === 1,
  };
}

/** Nothing of it holds the row, whose arguments may be long. */
function toCall(row: Row): LearnedCall {
  const packed = textOf(row.stages);
  let stages: readonly Stage[] | undefined;
  return {
    ...toOutcome(row),
    readOnly: row.read_only === 1,
    arguments: markOf(String(row.arguments)),
    retries: Number(row.retries),
    resultHash: textOf(row.result_hash),
    stages() {
      stages ??= packed === undefined ? [] : unpackStages(packed);
      return stages;
    },
  };
}

/** Longer texts are known by their hash. */
function markOf(text: string): string {
  return text.length <= 64 ? text : hash("sha256", text, "base64url");
}

function toCosted(row: Row): CostedCall {
  return {
    executionId: String(row.execution_id),
    parentExecutionId: textOf(row.parent_execution_id),
    server: String(row.server),
    principal: String(row.principal),
    run: textOf(row.run),
    startedAt: Number(row.started_at),
    cost: Number(row.cost ?? 0),
  };
}

function textOf(value: SqlValue | undefined): string | undefined {
  return typeof value === "string" ? value : undefined;
}
