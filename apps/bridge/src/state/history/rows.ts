import type { HistoryRow, Outcome, Stage, StartedRow } from "@trestle/policy";
import { isJsonObject, type JsonObject, parseJson } from "@trestle/protocol";
import type { Row, SqlStatement, SqlValue } from "@trestle/store";
import type { PackedRow } from "./buffer.ts";
import { packStages, unpackStages } from "./stages.ts";

/** One execution as the history knows it. */
export interface Execution
  extends Omit<HistoryRow, "outcome" | "durationMs" | "retries" | "stages"> {
  /** Its place in the history: a later one is larger. */
  readonly seq: number;
  /** `started` while it runs. */
  readonly outcome: Outcome | "started";
  /** Absent where nobody saw the end. */
  readonly durationMs?: number | undefined;
  readonly retries: number;
  readonly stages: readonly Stage[];
  /** At which of several bridges it was, as far as is known. */
  readonly replica?: string;
}

/** Longer arguments are not kept, so that the file stays small whatever is called. */
const MAX_ARGUMENTS = 32_768;

const startColumns = `execution_id, parent_execution_id, server, tool, principal, read_only, arguments,
  started_at, era, client, run, outcome`;
const INSERT_START = `INSERT INTO executions (${startColumns}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 'started')`;
/** A write already has its start row. */
const UPSERT = `INSERT INTO executions (${startColumns}, duration_ms, attempts, retries, cached, fallback_used,
  stages, cost, request_bytes, result_bytes, error_code, error_message, result_hash, document)
  VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
  ON CONFLICT (execution_id) DO UPDATE SET outcome = excluded.outcome,
  duration_ms = excluded.duration_ms, attempts = excluded.attempts, retries = excluded.retries,
  cached = excluded.cached, fallback_used = excluded.fallback_used, stages = excluded.stages,
  cost = excluded.cost, request_bytes = excluded.request_bytes, result_bytes = excluded.result_bytes,
  error_code = excluded.error_code, error_message = excluded.error_message,
  result_hash = excluded.result_hash, document = excluded.document`;

export function toStart(row: StartedRow): SqlStatement {
  return { sql: INSERT_START, params: startValues(row) };
}

/** One statement for all of them: its text is handed to the writer once. */
export function toFinish(rows: readonly PackedRow[]): SqlStatement {
  return { sql: UPSERT, each: rows };
}

export function packRow(row: HistoryRow): SqlValue[] {
  const values = startValues(row);
  values.push(
    row.outcome,
    row.durationMs,
    row.attempts,
    row.retries ?? 0,
    row.cached ? 1 : 0,
    row.fallbackUsed ? 1 : 0,
    row.stages === undefined ? null : packStages(row.stages),
    row.cost ?? null,
    row.requestBytes ?? null,
    row.resultBytes ?? null,
    row.errorCode ?? null,
    row.errorMessage ?? null,
    row.resultHash ?? null,
    row.document ?? null,
  );
  return values;
}

export function toExecution(row: Row): Execution {
  return {
    seq: Number(row.seq),
    executionId: String(row.execution_id),
    parentExecutionId: textOf(row.parent_execution_id),
    server: String(row.server),
    tool: String(row.tool),
    principal: String(row.principal),
    readOnly: row.read_only === 1,
    arguments: argumentsOf(row.arguments),
    outcome: String(row.outcome) as Execution["outcome"],
    startedAt: Number(row.started_at),
    durationMs: numberOf(row.duration_ms),
    attempts: Number(row.attempts),
    retries: Number(row.retries),
    cached: row.cached === 1,
    fallbackUsed: row.fallback_used === 1,
    stages: typeof row.stages === "string" ? unpackStages(row.stages) : [],
    era: textOf(row.era) as Execution["era"],
    client: textOf(row.client),
    run: textOf(row.run),
    cost: numberOf(row.cost),
    requestBytes: numberOf(row.request_bytes),
    resultBytes: numberOf(row.result_bytes),
    errorCode: textOf(row.error_code),
    errorMessage: textOf(row.error_message),
    resultHash: textOf(row.result_hash),
    document: textOf(row.document),
  };
}

function startValues(row: StartedRow): SqlValue[] {
  return [
    row.executionId,
    row.parentExecutionId ?? null,
    row.server,
    row.tool,
    row.principal,
    row.readOnly ? 1 : 0,
    packArguments(row.arguments),
    row.startedAt,
    row.era ?? null,
    row.client ?? null,
    row.run ?? null,
  ];
}

function packArguments(args: JsonObject): string {
  const text = JSON.stringify(args);
  return text.length <= MAX_ARGUMENTS
    ? text
    : JSON.stringify({ "[too large]": `${text.length} characters, not kept` });
}

function argumentsOf(value: SqlValue | undefined): JsonObject {
  const args = parseJson(String(value));
  return isJsonObject(args) ? args : {};
}

function textOf(value: SqlValue | undefined): string | undefined {
  return typeof value === "string" ? value : undefined;
}

function numberOf(value: SqlValue | undefined): number | undefined {
  return typeof value === "number" ? value : undefined;
}
