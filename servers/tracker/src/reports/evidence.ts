import * as z from "zod";
import type { Origin } from "../model/record.ts";
import type { TrackerStore } from "../store/tracker-store.ts";
import { shownTime } from "./time.ts";

/** Where the line stands that shows something. */
export const evidenceShape = z.object({
  record: z.string(),
  session: z.string(),
  at: z.string(),
  source: z.string(),
  path: z.string(),
  offset: z.int().describe("Byte at which the line begins"),
  uuid: z.string().optional().describe("What the assistant itself calls the line"),
});

export type Evidence = z.output<typeof evidenceShape>;

export function toEvidence(record: {
  readonly id: string;
  readonly sessionId: string;
  readonly at: number;
  readonly origin: Origin;
}): Evidence {
  const { id, sessionId, at, origin } = record;
  return { record: id, session: sessionId, at: shownTime(at), ...origin };
}

/** Of records that are still there: retention may have deleted some. */
export async function evidenceOf(
  store: Pick<TrackerStore, "record">,
  ids: Iterable<string>,
): Promise<Evidence[]> {
  const found = await Promise.all([...new Set(ids)].map((id) => store.record(id)));
  return found.flatMap((stored) => (stored === undefined ? [] : [toEvidence(stored.record)]));
}
