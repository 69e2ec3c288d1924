import { isTrestleError } from "@trestle/protocol";
import type { TrackedRecord } from "../model/record.ts";
import type { Batch, Committed, TrackerStore } from "../store/tracker-store.ts";

/** Why a record was left out, as it is counted. */
const REFUSED = "refused by the store";

/**
 * Commits a batch. Where the store refuses it (`invalid_input`), which it would do each time, halves are tried until
 * the records that it refuses are found: they are left out and counted, and the others are stored. The place up to
 * which was read comes last: until then the same may be read and stored again.
 */
export async function commitGood(
  store: Pick<TrackerStore, "commit">,
  batch: Batch,
): Promise<Committed> {
  try {
    return await store.commit(batch);
  } catch (error) {
    if (!isRefusal(error) || batch.records.length === 0) throw error;
    const { refused, committed } = await commitParts(store, batch, batch.records);
    const skipped = new Map(batch.skipped);
    if (refused > 0) skipped.set(REFUSED, (skipped.get(REFUSED) ?? 0) + refused);
    const end = await store.commit({ ...batch, ...NO_RECORDS, skipped });
    return committed.reduce(joined, end);
  }
}

const NO_RECORDS = {
  records: [],
  facts: { tasks: [], errors: [], runs: [], edits: [], usage: [] },
  sessions: new Map(),
};

interface Parts {
  readonly refused: number;
  readonly committed: readonly Committed[];
}

async function commitParts(
  store: Pick<TrackerStore, "commit">,
  batch: Batch,
  records: readonly TrackedRecord[],
): Promise<Parts> {
  if (records.length === 1) return { refused: 1, committed: [] };
  const middle = records.length >> 1;
  const parts: Parts[] = [];
  for (const half of [records.slice(0, middle), records.slice(middle)]) {
    try {
      parts.push({ refused: 0, committed: [await store.commit(partOf(batch, half))] });
    } catch (error) {
      if (!isRefusal(error)) throw error;
      parts.push(await commitParts(store, batch, half));
    }
  }
  const refused = parts.reduce((sum, part) => sum + part.refused, 0);
  return { refused, committed: parts.flatMap(({ committed }) => committed) };
}

/** Of no place: it says nothing of how far was read. */
function partOf({ lease, facts, sessions }: Batch, records: readonly TrackedRecord[]): Batch {
  const ids = new Set(records.map(({ id }) => id));
  const own = <Fact extends { readonly recordId: string }>(all: readonly Fact[]) =>
    all.filter(({ recordId }) => ids.has(recordId));
  const told = new Set(records.map(({ sessionId }) => sessionId));
  return {
    ...(lease !== undefined && { lease }),
    records,
    facts: {
      tasks: own(facts.tasks),
      errors: own(facts.errors),
      runs: own(facts.runs),
      edits: own(facts.edits),
      usage: own(facts.usage),
    },
    sessions: new Map([...sessions].filter(([id]) => told.has(id))),
    memories: new Map(),
    skipped: new Map(),
  };
}

function joined(one: Committed, other: Committed): Committed {
  return {
    records: [...one.records, ...other.records],
    expired: one.expired + other.expired,
    tasks: [...new Set([...one.tasks, ...other.tasks])],
    newGroups: [...one.newGroups, ...other.newGroups],
    regressedGroups: [...one.regressedGroups, ...other.regressedGroups],
  };
}

function isRefusal(error: unknown): boolean {
  return isTrestleError(error) && error.code === "invalid_input";
}
