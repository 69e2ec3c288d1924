import { isTrestleError, type JsonValue } from "@trestle/protocol";
import { type PlanNode, takeApart } from "../care/indexes/plan.ts";
import { suggestIndexes } from "../care/suggest-indexes.ts";
import type { State } from "../state.ts";
import { describeTable } from "../structure/describe-table.ts";
import { listTables } from "../structure/tables.ts";
import { visibilityOf } from "../structure/visibility.ts";
import { toDefinition } from "../tools/structure/definition.ts";
import { toOutput } from "../tools/structure/describe-table.ts";
import { toName, toRemark } from "../tools/structure/words.ts";

const MAX_TABLES = 8;

/** The plan as the server prints it, or why there is none: a prompt is of use without. */
export function planOf({ database }: State, sql: string, signal: AbortSignal): Promise<string> {
  return orReason(async () => {
    const { rows } = await database.query(`EXPLAIN ${sql}`, [], { signal, maxRows: 500 });
    return rows.map((row) => String(Object.values(row)[0])).join("\n");
  });
}

/** The tables that the plan reads. */
export function tablesOf(state: State, sql: string, signal: AbortSignal): Promise<string> {
  return orReason(async () => {
    const { rows } = await state.database.query(`EXPLAIN (FORMAT JSON, VERBOSE) ${sql}`, [], {
      signal,
    });
    const plan = Object.values(rows[0] ?? {})[0] as JsonValue;
    const parsed = (typeof plan === "string" ? JSON.parse(plan) : plan) as { Plan: PlanNode }[];
    const scans = parsed[0] ? takeApart(parsed[0].Plan).scans : [];
    const names = new Map(
      scans.map(({ schema, table }) => [toName(schema, table), { schema, table }]),
    );
    const described: string[] = [];
    for (const { schema, table } of [...names.values()].slice(0, MAX_TABLES))
      described.push(await definitionOf(state, { schema, table }, signal));
    return described.join("\n");
  }, "");
}

export function indexAdvice(state: State, sql: string, signal: AbortSignal): Promise<string> {
  return orReason(async () => {
    await state.database.query(`EXPLAIN ${sql}`, [], { signal });
    const visible = visibilityOf(state.guard);
    const workload = [{ sql, weight: 1 }];
    const { suggestions, notes, cost } = await suggestIndexes(state.database, workload, {
      visible,
      signal,
    });
    const lines = suggestions.map(
      ({ statement, costAfter }) =>
        `${statement}${costAfter === undefined ? "" : ` -- cost ${cost} before, ${costAfter} after`}`,
    );
    return [...(lines.length > 0 ? lines : ["none that helps"]), ...notes].join("\n");
  }, "");
}

/** One table in full, or the tables of a schema with their columns. */
export function tableContext(
  state: State,
  { schema, table }: { schema?: string; table?: string },
  signal: AbortSignal,
): Promise<string> {
  return orReason(async () => {
    if (table !== undefined)
      return definitionOf(state, { table, ...(schema ? { schema } : {}) }, signal);
    const visible = visibilityOf(state.guard);
    const where = schema === undefined ? {} : { schema };
    const { tables } = await listTables(state.database, {
      visible,
      signal,
      columns: true,
      limit: 60,
      ...where,
    });
    return tables
      .map(({ schema: own, name, columns = [], comment }) => {
        const list = columns.map((column) => `${toName(column.name)} ${column.type}`).join(", ");
        return `${toName(own, name)} (${list})${toRemark(comment)}`;
      })
      .join("\n");
  });
}

async function definitionOf(
  { database, guard }: State,
  { schema, table }: { schema?: string; table: string },
  signal: AbortSignal,
): Promise<string> {
  const where = schema === undefined ? {} : { schema };
  const found = await describeTable(database, table, {
    visible: visibilityOf(guard),
    signal,
    ...where,
  });
  return toDefinition(toOutput(found));
}

async function orReason(work: () => Promise<string>, instead?: string): Promise<string> {
  try {
    return await work();
  } catch (error) {
    if (!isTrestleError(error) || error.code === "cancelled") throw error;
    return instead ?? `(not to be had: ${error.message})`;
  }
}
