import { isTrestleError } from "@trestle/protocol";
import type { Connection } from "../../drivers/driver.ts";
import { type Candidate, toStatement } from "./candidates.ts";
import { explain, type Workload } from "./explain.ts";

export interface Tried {
  readonly candidate: Candidate;
  readonly costBefore: number;
  readonly costAfter: number;
}

/** How an index is made for a try: for the planner alone, or really, and rolled back. */
export interface IndexMaker {
  make(candidate: Candidate): Promise<void>;
  /** Forgets what was made last, where a savepoint does not. */
  forget?(): Promise<void>;
}

/** A gain of less is within the planner's guesswork, and not worth what an index costs each write. */
const MIN_GAIN = 0.1;
const MAX_INDEXES = 3;

/**
 * Keeps the index that makes the statements cheapest, then looks what another would add to it. What can not be
 * made (a type without an order, a lock that is held) is passed over.
 */
export async function tryIndexes(
  connection: Connection,
  workload: readonly Workload[],
  candidates: readonly Candidate[],
  maker: IndexMaker,
): Promise<Tried[]> {
  const kept: Tried[] = [];
  let left = [...candidates];
  let cost = await costOf(connection, workload);
  while (kept.length < MAX_INDEXES && left.length > 0) {
    const costs = new Map<Candidate, number>();
    for (const candidate of left) {
      const after = await apart(connection, async () => {
        await maker.make(candidate);
        const reached = await costOf(connection, workload);
        await maker.forget?.();
        return reached;
      });
      if (after !== undefined && after <= cost * (1 - MIN_GAIN)) costs.set(candidate, after);
    }
    const best = left.reduce<Candidate | undefined>(
      (winner, candidate) => better(costs, candidate, winner),
      undefined,
    );
    if (!best) break;
    await maker.make(best);
    const after = costs.get(best) ?? cost;
    kept.push({ candidate: best, costBefore: cost, costAfter: after });
    cost = after;
    left = left.filter((candidate) => candidate !== best);
  }
  return kept;
}

/** The cheaper; where they are as good as the same, the one of fewer columns. */
function better(
  costs: ReadonlyMap<Candidate, number>,
  candidate: Candidate,
  winner: Candidate | undefined,
): Candidate | undefined {
  const cost = costs.get(candidate);
  if (cost === undefined) return winner;
  const least = winner && costs.get(winner);
  if (least === undefined || winner === undefined) return candidate;
  if (Math.abs(cost - least) <= 0.02 * least)
    return candidate.keys.length < winner.keys.length ? candidate : winner;
  return cost < least ? candidate : winner;
}

async function costOf(connection: Connection, workload: readonly Workload[]): Promise<number> {
  let sum = 0;
  for (const item of workload) sum += item.weight * (await explain(connection, item)).cost;
  return sum;
}

/** Undoes what the work did; undefined where it could not be done. */
async function apart(
  connection: Connection,
  work: () => Promise<number>,
): Promise<number | undefined> {
  await connection.run("SAVEPOINT trestle_trial");
  try {
    return await work();
  } catch (error) {
    if (!isTrestleError(error) || error.details?.sqlState === undefined) throw error;
    return undefined;
  } finally {
    await connection.run("ROLLBACK TO SAVEPOINT trestle_trial");
  }
}

export function realIndexes(connection: Connection): IndexMaker {
  return {
    make: async (candidate) => void (await connection.run(toStatement(candidate, false))),
  };
}

export function hypotheticalIndexes(connection: Connection, schema: string): IndexMaker {
  let last: string | null | undefined;
  return {
    async make(candidate) {
      const { rows } = await connection.run(
        `SELECT indexrelid FROM ${schema}.hypopg_create_index($1)`,
        [toStatement(candidate, false)],
      );
      last = rows[0]?.[0];
    },
    async forget() {
      await connection.run(`SELECT ${schema}.hypopg_drop_index($1)`, [last]);
    },
  };
}
