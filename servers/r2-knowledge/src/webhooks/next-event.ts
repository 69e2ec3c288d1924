import type { HubEvent } from "@trestle/events";
import { lastOf } from "../events/batch.ts";
import type { Journal } from "../events/journal.ts";
import { numbered } from "../events/replay.ts";

/** What is to be delivered next, and how far one had to look for it. */
export interface Scan {
  readonly event: HubEvent | undefined;
  /** Everything up to here is not wanted, or was kept no more. */
  readonly scanned: number;
  readonly missed: number;
}

/** The first event that is wanted after a number, up to the last. */
export async function nextEvent(
  journal: Journal,
  { since, last }: { readonly since: number; readonly last: number },
  isWanted: (event: HubEvent) => boolean,
): Promise<Scan> {
  let scanned = since;
  let missed = 0;
  while (scanned < last) {
    const batch = await journal.holding(scanned + 1);
    if (batch === undefined) break;
    missed += Math.max(0, batch.first - scanned - 1);
    for (const event of numbered(batch)) {
      if (event.seq <= scanned) continue;
      if (isWanted(event)) return { event, scanned: event.seq - 1, missed };
    }
    scanned = lastOf(batch);
  }
  return { event: undefined, scanned, missed };
}
