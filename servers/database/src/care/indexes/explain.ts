import type { Connection } from "../../drivers/driver.ts";
import { type PlanNode, type PlanParts, takeApart } from "./plan.ts";

/** A statement whose plan is looked at, and how much it counts. */
export interface Workload {
  readonly sql: string;
  /** Values for `$1` …; without them the plan is the one for any values. */
  readonly params?: readonly unknown[];
  readonly weight: number;
}

const PLAN = "EXPLAIN (FORMAT JSON, VERBOSE)";
let count = 0;

/** What the planner would do; nothing of the statement runs. */
export async function explain(
  connection: Connection,
  { sql, params }: Workload,
): Promise<PlanParts> {
  const answer =
    (params?.length ?? 0) > 0 || !/\$\d/.test(sql)
      ? await connection.run(`${PLAN} ${sql}`, params ?? [])
      : await explainPrepared(connection, sql);
  const [found] = JSON.parse(answer.rows[0]?.[0] ?? "[]") as { Plan: PlanNode }[];
  if (!found) throw new Error("The server gave no plan.");
  return takeApart(found.Plan);
}

/** Prepared anew each time: a plan that is kept does not know of an index that is only thought of. */
async function explainPrepared(connection: Connection, sql: string) {
  count += 1;
  const name = `trestle_plan_${count}`;
  await connection.run("SELECT set_config('plan_cache_mode', 'force_generic_plan', true)");
  await connection.run(`PREPARE ${name} AS ${sql}`);
  const { rows } = await connection.run(
    "SELECT cardinality(parameter_types) FROM pg_catalog.pg_prepared_statements WHERE name = $1",
    [name],
  );
  const nulls = Array.from({ length: Number(rows[0]?.[0] ?? 0) }, () => "NULL").join(", ");
  const answer = await connection.run(`${PLAN} EXECUTE ${name}${nulls === "" ? "" : `(${nulls})`}`);
  await connection.run(`DEALLOCATE ${name}`);
  return answer;
}
