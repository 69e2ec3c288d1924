import type { Row, Sqlite, SqlValue } from "@trestle/store";

/** What every list of the history can be asked for. */
interface PageFilter {
  /** 100 by default. */
  readonly limit?: number;
  /** The `next` of the page before. */
  readonly before?: number;
}

interface PageQuery<Name extends string> {
  /** With a `seq` that grows. */
  readonly table: "executions" | "chains";
  /** What each part of the filter asks of a row. */
  readonly conditions: Readonly<Record<Name, string>>;
  readonly filter: PageFilter & { readonly [Key in NoInfer<Name>]?: SqlValue };
}

const DEFAULT_LIMIT = 100;

/** The newest rows that the filter asks for, and where the next page begins if there is one. */
export function readPage<Name extends string>(
  database: Sqlite,
  { table, conditions, filter }: PageQuery<Name>,
): { readonly rows: Row[]; readonly next?: number } {
  const { limit = DEFAULT_LIMIT, before } = filter;
  const { where, params, ask } = askFor(conditions, filter);
  ask("seq < ?", before);
  const sql = `SELECT * FROM ${table} ${where()} ORDER BY seq DESC LIMIT ?`;
  // One more than asked for tells whether there is another page.
  const found = database.read(sql, [...params, limit + 1]);
  const rows = found.slice(0, limit);
  const last = rows.at(-1);
  return found.length > limit && last ? { rows, next: Number(last.seq) } : { rows };
}

interface LatestQuery<Name extends string> extends Pick<PageQuery<Name>, "conditions"> {
  readonly filter: { readonly [Key in NoInfer<Name>]?: SqlValue } & {
    readonly limit: number;
    readonly before?: { readonly startedAt: number; readonly executionId: string };
  };
}

/** Executions by when they began, then by id: the order that several histories have in common. */
export function readLatest<Name extends string>(
  database: Sqlite,
  { conditions, filter }: LatestQuery<Name>,
): Row[] {
  const { where, params, ask } = askFor(conditions, filter);
  const { before, limit } = filter;
  ask("(started_at, execution_id) < (?, ?)", before?.startedAt, before?.executionId);
  const order = "ORDER BY started_at DESC, execution_id DESC LIMIT ?";
  return database.read(`SELECT * FROM executions ${where()} ${order}`, [...params, limit]);
}

/** The conditions of those parts of a filter that are given. */
function askFor<Name extends string>(
  conditions: Readonly<Record<Name, string>>,
  filter: { readonly [Key in NoInfer<Name>]?: SqlValue },
) {
  const asked: string[] = [];
  const params: SqlValue[] = [];
  function ask(condition: string, ...values: readonly (SqlValue | undefined)[]): void {
    const given = values.filter((value) => value !== undefined);
    if (given.length === 0) return;
    asked.push(condition);
    params.push(...given);
  }
  for (const name of Object.keys(conditions) as Name[]) ask(conditions[name], filter[name]);
  const where = () => (asked.length === 0 ? "" : `WHERE ${asked.join(" AND ")}`);
  return { where, params, ask };
}
