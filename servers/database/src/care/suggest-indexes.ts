import { TrestleError } from "@trestle/protocol";
import type { Connection } from "../drivers/driver.ts";
import type { Database } from "../postgres/database.ts";
import type { Asking } from "../structure/catalog.ts";
import { EVERYTHING, type Visibility } from "../structure/visibility.ts";
import { type Candidate, shownStatement, toCandidates } from "./indexes/candidates.ts";
import { explain, type Workload } from "./indexes/explain.ts";
import type { PlanParts } from "./indexes/plan.ts";
import { readSurroundings, type Surroundings } from "./indexes/targets.ts";
import { hypotheticalIndexes, realIndexes, type Tried, tryIndexes } from "./indexes/trial.ts";
import { type ColumnUse, readCondition, readSort, type SortUse } from "./indexes/uses.ts";

/**
 * How it is known that an index helps: hypopg let the planner see it; it was really made, in a transaction that
 * was rolled back; or the plan alone speaks for it.
 */
export type Evidence = "hypothetical" | "trial" | "plan";

export interface IndexSuggestion {
  readonly statement: string;
  /** What of the statements it serves: `equality, then a range`. */
  readonly reason: string;
  /** The planner's cost of all statements before and after; left out where nothing was tried. */
  readonly costBefore?: number;
  readonly costAfter?: number;
}

export interface IndexAdvice {
  readonly evidence: Evidence;
  readonly cost: number;
  readonly suggestions: IndexSuggestion[];
  /** Why it was not tried, or what could not be looked at. */
  readonly notes: string[];
}

export interface SuggestOptions extends Asking {
  readonly visible?: Visibility;
}

/** Making an index for a try keeps writers out for that long: only where it is short. */
const MAX_TRIAL_ROWS = 200_000;
const MAX_TRIAL_BYTES = 67_108_864;

/** A whole table is worth reading where it is this small. */
const SMALL_ROWS = 1_000;

/**
 * Looks for indexes that make statements cheaper. Nothing of the statements runs, and nothing stays. Their right to
 * be looked at is the caller's matter.
 */
export async function suggestIndexes(
  database: Pick<Database, "read" | "write" | "mode">,
  workload: readonly Workload[],
  { visible = EVERYTHING, signal }: SuggestOptions = {},
): Promise<IndexAdvice> {
  const asking = signal ? { signal } : {};
  const first = await database.read(async (connection) => {
    const study = await examine(connection, workload, visible);
    const { hypopg } = study.surroundings;
    if (hypopg === null || study.candidates.length === 0) return { study };
    const maker = hypotheticalIndexes(connection, hypopg);
    try {
      return { study, tried: await tryIndexes(connection, workload, study.candidates, maker) };
    } finally {
      // They live as long as the connection does, and others use it after us.
      await connection.run(`SELECT ${hypopg}.hypopg_reset()`).catch(() => {});
    }
  }, asking);
  const { study, tried } = first;
  if (tried) return toAdvice("hypothetical", study, tried);
  if (study.candidates.length === 0) return { ...toAdvice("plan", study, []), notes: [] };
  const why = whyNoTrial(database.mode, study);
  if (why !== undefined) return fromPlan(study, why);
  return toAdvice("trial", study, await tryAndRollBack(database, workload, study, asking));
}

interface Study {
  readonly plans: PlanParts[];
  readonly cost: number;
  readonly surroundings: Surroundings;
  readonly candidates: Candidate[];
}

async function examine(
  connection: Connection,
  workload: readonly Workload[],
  visible: Visibility,
): Promise<Study> {
  const plans: PlanParts[] = [];
  for (const item of workload) plans.push(await explain(connection, item));
  const scans = plans.flatMap((plan) => plan.scans);
  const surroundings = await readSurroundings(connection, scans);
  const candidates: Candidate[] = [];
  for (const plan of plans) {
    const { uses, sorts } = await usesOf(plan);
    const aliases = new Set(plan.scans.map(({ alias }) => alias));
    for (const target of surroundings.targets) {
      if (!aliases.has(target.alias) || target.rows < SMALL_ROWS) continue;
      candidates.push(...toCandidates(target, uses, sorts, surroundings.trigrams));
    }
  }
  return {
    plans,
    cost: plans.reduce((sum, { cost }, at) => sum + cost * (workload[at]?.weight ?? 1), 0),
    surroundings,
    candidates: distinct(candidates).filter(({ target: { schema, table }, columns }) =>
      columns.every((column) => visible.column(schema, table, column)),
    ),
  };
}

async function usesOf(plan: PlanParts): Promise<{ uses: ColumnUse[]; sorts: SortUse[] }> {
  const uses = await Promise.all(plan.conditions.map(readCondition));
  const sorts = await Promise.all(plan.sorts.map(readSort));
  return { uses: uses.flat(), sorts: sorts.filter((sort) => sort !== undefined) };
}

/** Several statements, and several partitions, ask for the same. */
function distinct(candidates: readonly Candidate[]): Candidate[] {
  return [...new Map(candidates.map((each) => [shownStatement(each), each])).values()].slice(0, 24);
}

function whyNoTrial(
  mode: Database["mode"],
  { candidates, surroundings }: Study,
): string | undefined {
  const targets = candidates.map(({ target }) => target);
  if (mode === "read-only")
    return "Nothing was tried, as the mode is read-only: with the extension hypopg the planner can be asked, and DATABASE_MODE=read-write lets an index be made on small tables and rolled back.";
  if (surroundings.eventTriggers)
    return "Nothing was tried, as event triggers of this database would run.";
  if (targets.some(({ owned }) => !owned))
    return "Nothing was tried, as this role does not own the tables.";
  if (
    targets.some(
      ({ rows, bytes, partitioned }) =>
        rows > MAX_TRIAL_ROWS || bytes > MAX_TRIAL_BYTES || partitioned,
    )
  )
    return "Nothing was tried, as making an index on tables of this size would keep writers out: the extension hypopg needs to make none.";
  return undefined;
}

async function tryAndRollBack(
  database: Pick<Database, "write">,
  workload: readonly Workload[],
  { candidates }: Study,
  asking: Asking,
): Promise<Tried[]> {
  return database.write(async (connection) => {
    await connection.run("SELECT set_config('lock_timeout', '500', true)");
    await connection.run("SAVEPOINT trestle_before");
    const tried = await tryIndexes(connection, workload, candidates, realIndexes(connection));
    await connection.run("ROLLBACK TO SAVEPOINT trestle_before");
    return tried;
  }, asking);
}

function toAdvice(evidence: Evidence, { cost }: Study, tried: readonly Tried[]): IndexAdvice {
  return {
    evidence,
    cost,
    suggestions: tried.map(({ candidate, costBefore, costAfter }) => ({
      statement: shownStatement(candidate),
      reason: candidate.reason,
      costBefore,
      costAfter,
    })),
    notes: [],
  };
}

/** Worth an index is a whole table that is read for few of its rows, as a good part of the work. */
function fromPlan({ plans, cost, candidates }: Study, why: string): IndexAdvice {
  const chosen = new Map<string, Candidate>();
  for (const { cost: whole, scans } of plans)
    for (const { alias, sequentialCost, rows } of scans) {
      const candidate = candidates.find(({ target }) => target.alias === alias);
      if (!candidate || sequentialCost < 0.2 * whole || rows > 0.2 * candidate.target.rows)
        continue;
      chosen.set(shownStatement(candidate), candidate);
    }
  return {
    evidence: "plan",
    cost,
    suggestions: [...chosen].map(([statement, { reason }]) => ({ statement, reason })),
    notes: [why],
  };
}

/** Throws `invalid_input` where there is nothing to look at. */
export function checkWorkload(workload: readonly Workload[]): void {
  if (workload.length > 0) return;
  throw new TrestleError(
    "invalid_input",
    "Give sql: without it the statements come from pg_stat_statements, which counts none here. find_slow_queries says how to begin.",
  );
}
