import * as z from "zod";
import type { ErrorGroup } from "../model/error-group.ts";
import type { TrackerStore } from "../store/tracker-store.ts";
import { clip } from "./clip.ts";
import { evidenceOf, evidenceShape } from "./evidence.ts";
import { shownPhase, showPhase } from "./phase.ts";
import { shownTime } from "./time.ts";

export const errorGroupShape = z.object({
  group: z.string(),
  message: z.string(),
  class: z.string(),
  component: z.string(),
  command: z.string().optional(),
  type: z.string().optional(),
  template: z.string(),
  project: z.string(),
  count: z.int().describe("Of all time"),
  first: z.string(),
  last: z.string(),
  status: z.enum(["open", "resolved", "regressed"]),
  regressions: z.int().describe("How often it came back after it was resolved"),
  note: z.string().optional().describe("What was said when it was resolved"),
  phase: shownPhase.optional(),
  evidence: z.array(evidenceShape),
});

export type ShownGroup = z.output<typeof errorGroupShape>;

/** With where it was seen last and first. */
export async function showGroup(
  store: Pick<TrackerStore, "record">,
  group: ErrorGroup,
): Promise<ShownGroup> {
  const { command, type, resolution } = group;
  return {
    group: group.group,
    message: clip(group.message),
    class: group.class,
    component: group.component,
    ...(command !== undefined && { command }),
    ...(type !== undefined && { type }),
    template: clip(group.template),
    project: group.project,
    count: group.count,
    first: shownTime(group.firstAt),
    last: shownTime(group.lastAt),
    status: group.status,
    regressions: group.regressions,
    ...(resolution?.note !== undefined && { note: clip(resolution.note) }),
    ...(group.phase !== undefined && { phase: showPhase(group.phase) }),
    evidence: await evidenceOf(store, [group.lastRecordId, group.firstRecordId]),
  };
}
