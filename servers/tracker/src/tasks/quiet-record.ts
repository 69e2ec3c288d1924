import type { TrackedRecord } from "../model/record.ts";

/** The type of a record that no file holds: nothing came for long. */
export const QUIET = "quiet";

/**
 * Says that nobody goes on with a session, behind its last record: then is known which request was left unanswered.
 * It has the same id however often it is made.
 */
export function quietRecord(
  last: Pick<TrackedRecord, "id" | "sessionId" | "laneId" | "origin">,
  at: number,
): TrackedRecord {
  return {
    id: `${last.id}/${QUIET}`,
    sessionId: last.sessionId,
    ...(last.laneId !== undefined && { laneId: last.laneId }),
    at,
    type: QUIET,
    origin: last.origin,
    parts: [{ kind: "notice", notice: "end", text: "" }],
  };
}
