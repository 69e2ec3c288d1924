import type { Row, SqlValue } from "@trestle/store";
import type { Execution } from "../state/history/history.ts";
import { toExecution } from "../state/history/rows.ts";
import type { HistorySource, SourceFilter } from "../state/history/source.ts";
import type { Query } from "./connection.ts";
import { SCHEMA } from "./migrations.ts";

/** The columns of an execution and how Postgres takes them, in the order of the arrays they travel in. */
const COLUMNS = {
  execution_id: "text",
  seq: "bigint",
  parent_execution_id: "text",
  server: "text",
  tool: "text",
  principal: "text",
  read_only: "smallint",
  arguments: "text",
  outcome: "text",
  started_at: "bigint",
  duration_ms: "float8",
  attempts: "integer",
  retries: "integer",
  cached: "smallint",
  fallback_used: "smallint",
  stages: "text",
  era: "text",
  client: "text",
  cost: "float8",
  request_bytes: "bigint",
  result_bytes: "bigint",
  error_code: "text",
  error_message: "text",
  result_hash: "text",
  run: "text",
} as const;

const NAMES = Object.keys(COLUMNS);
/** What the end of a call tells, beyond its beginning. */
const ENDS = NAMES.slice(NAMES.indexOf("duration_ms")).filter(
  (name) => name !== "era" && name !== "client" && name !== "run",
);
const UNNESTED = Object.values(COLUMNS).map((type, index) => `$${index + 2}::${type}[]`);
const UPSERT = `INSERT INTO ${SCHEMA}.execution AS kept (home, ${NAMES.join(", ")})
  SELECT $1, row.* FROM unnest(${UNNESTED.join(", ")}) AS row
  ON CONFLICT (execution_id) DO UPDATE SET outcome = excluded.outcome,
    ${ENDS.map((name) => `${name} = excluded.${name}`).join(", ")}
  WHERE kept.outcome = 'started'`;

/** Stores rows of the local history; what is stored already stays as it is, once its end is known. */
export async function insertExecutions(
  query: Query,
  home: string,
  rows: readonly Row[],
): Promise<void> {
  await query(UPSERT, [home, ...NAMES.map((name) => rows.map((row) => storable(row[name])))]);
}

/** Postgres keeps every character but one. */
function storable(value: SqlValue | undefined): unknown {
  return typeof value === "string" ? value.replaceAll("\0", "\ufffd") : (value ?? null);
}

const NUMBERS = ["seq", "started_at", "request_bytes", "result_bytes"];
const SHOWN = NAMES.map((name) => (NUMBERS.includes(name) ? `${name}::float8 AS ${name}` : name));
const SELECT = `SELECT ${SHOWN.join(", ")} FROM ${SCHEMA}.execution`;
const MOST_CHILDREN = 1_000;

const CONDITIONS: Readonly<Record<string, string>> = {
  from: "started_at >= ?",
  to: "started_at < ?",
  server: "server = ?",
  tool: "tool = ?",
  outcome: "outcome = ?",
  principal: "principal = ?",
  parent: "parent_execution_id = ?",
};

/** Reads what all bridges copied. */
export function createExecutionSource(query: Query, name: string): HistorySource {
  return {
    name,
    async newest(filter) {
      const { where, values } = conditionsOf(filter);
      const order = "ORDER BY started_at DESC, execution_id DESC";
      const sql = `${SELECT} ${where} ${order} LIMIT $${values.length + 1}`;
      return (await query<Row>(sql, [...values, filter.limit])).map(shown);
    },
    async get(executionId) {
      const [found] = await query<Row>(`${SELECT} WHERE execution_id = $1`, [executionId]);
      if (!found) return undefined;
      const children = await query<Row>(
        `${SELECT} WHERE parent_execution_id = $1 ORDER BY started_at, execution_id LIMIT $2`,
        [executionId, MOST_CHILDREN],
      );
      return { execution: shown(found), children: children.map(shown) };
    },
  };
}

function conditionsOf(filter: SourceFilter): { where: string; values: unknown[] } {
  const values: unknown[] = [];
  const given = filter as unknown as Readonly<Record<string, unknown>>;
  const asked = Object.entries(CONDITIONS).flatMap(([name, condition]) => {
    if (given[name] === undefined) return [];
    const value = given[name];
    values.push(typeof value === "number" ? Math.ceil(value) : value);
    return [condition.replace("?", `$${values.length}`)];
  });
  if (filter.before) {
    const { startedAt, executionId } = filter.before;
    values.push(startedAt, executionId);
    asked.push(`(started_at, execution_id) < ($${values.length - 1}, $${values.length})`);
  }
  return { where: asked.length === 0 ? "" : `WHERE ${asked.join(" AND ")}`, values };
}

function shown(row: Row): Execution {
  return toExecution(row);
}
