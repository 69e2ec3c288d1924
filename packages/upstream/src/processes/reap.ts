import type { Logger } from "@trestle/protocol";
import { endGroup } from "./group.ts";
import { type ProcessRecord, readRecords, removeRecord } from "./records.ts";
import { startTimeOf } from "./start-time.ts";

const TERM_MS = 2_000;

/**
 * Ends what a killed bridge left behind, and returns how many groups that were. A process is only
 * signalled if it still is the one on record: same pid and same start time. Where the owner lives,
 * its children are its own affair.
 */
export async function reapLeftovers(folder: string, log: Logger): Promise<number> {
  const leftovers: ProcessRecord[] = [];
  for (const record of readRecords(folder)) {
    if (startTimeOf(record.owner.pid) === record.owner.startTime) continue;
    if (startTimeOf(record.pid) === record.startTime) leftovers.push(record);
    else removeRecord(folder, record.pid);
  }
  await Promise.all(
    leftovers.map(async ({ pid, pgid, upstream }) => {
      log.warn("ending a child that an earlier bridge left behind", { upstream, pid });
      if (await endGroup(pgid, TERM_MS)) removeRecord(folder, pid);
      else log.error("a left-behind child cannot be ended", { upstream, pid });
    }),
  );
  return leftovers.length;
}
