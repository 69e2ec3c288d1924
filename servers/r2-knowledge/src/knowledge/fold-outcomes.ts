import { messageOf } from "@trestle/protocol";
import { inParallel } from "../ledger/in-parallel.ts";
import type { Diagnosis } from "../records/diagnosis.ts";
import type { Parts } from "./parts.ts";

/** Each is a request to read and one to write: the others come with the next compaction. */
const MOST_AT_ONCE = 200;

/**
 * Writes how often its fix worked into each record whose outcomes changed, for people and for tools that read
 * records only. The outcomes themselves stay: they are the truth, so that this may be done twice, late or never.
 */
export async function foldOutcomes(parts: Parts): Promise<void> {
  const changed = parts.tallies.takeChanged();
  for (const id of changed.slice(MOST_AT_ONCE)) parts.tallies.keepChanged(id);
  await inParallel(changed.slice(0, MOST_AT_ONCE), 8, async (id) => {
    try {
      await foldInto(parts, id);
    } catch (error) {
      // Somebody edits it, or it is damaged: the next outcome brings it here again.
      parts.log.debug("outcomes not folded", { id, error: messageOf(error) });
    }
  });
}

async function foldInto({ diagnoses, tallies }: Parts, id: string): Promise<void> {
  const found = await diagnoses.get(id);
  if (found === undefined) return;
  const { tally, seen, lastSeen } = tallies.of(id);
  const { worked, failed, at } = tally;
  const next: Diagnosis = {
    ...found.record,
    outcomes: {
      ...found.record.outcomes,
      ...{ worked, failed },
      ...(at === 0 ? {} : { lastAt: new Date(at).toISOString() }),
    },
    ...(seen === 0 ? {} : { occurrences: 1 + seen, lastSeen: new Date(lastSeen).toISOString() }),
  };
  if (JSON.stringify(next) === JSON.stringify(found.record)) return;
  // The version stays: nothing that anybody wrote has changed.
  await diagnoses.replace(next, found.etag);
}
