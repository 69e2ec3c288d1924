import { TrestleError } from "@trestle/protocol";
import * as z from "zod";
import { EDITS_MS, tryOf, validateFix } from "../fixes/validate-fix.ts";
import type { ErrorGroup } from "../model/error-group.ts";
import type { TrackerStore } from "../store/tracker-store.ts";
import { clip } from "./clip.ts";
import { evidenceOf, evidenceShape } from "./evidence.ts";
import { shownTime } from "./time.ts";

export const verdictShape = z.object({
  group: z.string(),
  message: z.string(),
  fixed: z.string(),
  verdict: z.enum(["validated", "regressed", "unverified"]),
  reason: z.string(),
  succeeded: z.int().describe("Runs after the fix of what had failed, that succeeded"),
  failedBefore: z.int(),
  evidence: z.array(evidenceShape.extend({ shows: z.string() })),
});

export type ShownVerdict = z.output<typeof verdictShape>;

export interface FixQuery {
  readonly group?: string | undefined;
  /** When it is held to have been mended, where nobody resolved it. */
  readonly fixedAt?: number | undefined;
  readonly project?: string | undefined;
  readonly limit: number;
  readonly now: number;
}

/** Of those that belong to a fix, as many as are looked at. */
const MOST_EDITS = 100;

export async function fixVerdicts(store: TrackerStore, query: FixQuery): Promise<ShownVerdict[]> {
  const groups =
    query.group === undefined ? await resolved(store, query) : [await one(store, query)];
  const fixes = groups.map((group) => ({
    group,
    fixedAt: query.fixedAt ?? group.resolution?.at ?? 0,
  }));
  return Promise.all(fixes.map((fix) => judge(store, fix, query.now)));
}

interface Fix {
  readonly group: ErrorGroup;
  readonly fixedAt: number;
}

async function resolved(store: TrackerStore, { project, limit }: FixQuery) {
  const { items } = await store.errorGroups({
    ...{ statuses: ["resolved", "regressed"], order: "last", limit },
    ...(project !== undefined && { project }),
  });
  return items.filter(({ resolution }) => resolution !== undefined);
}

async function one(store: TrackerStore, { group = "", fixedAt }: FixQuery): Promise<ErrorGroup> {
  const found = await store.errorGroup(group);
  if (found === undefined) {
    throw new TrestleError(
      "not_found",
      `There is no error group ${group}: get_insights and the resource error_patterns name them.`,
    );
  }
  if (fixedAt === undefined && found.resolution === undefined) {
    throw new TrestleError(
      "invalid_input",
      `Nobody resolved ${group}: say when it was mended as fixedAt, or resolve it by resolve_error.`,
    );
  }
  return found;
}

async function judge(
  store: TrackerStore,
  { group: known, fixedAt }: Fix,
  now: number,
): Promise<ShownVerdict> {
  const { group, message, project } = known;
  const before = { from: Math.max(0, fixedAt - EDITS_MS), to: fixedAt + 1 };
  const [course, tries, edits] = await Promise.all([
    store.errorCourse({ group, at: fixedAt }),
    store.tries({ project, by: tryOf(known), after: fixedAt }),
    store.edits({ project, newest: true, ...before, limit: MOST_EDITS }),
  ]);
  const judged = validateFix({ fixedAt, course, tries, edits: edits.items, now });
  const shows = new Map(judged.evidence.map((each) => [each.recordId, each.shows]));
  const evidence = await evidenceOf(store, shows.keys());
  return {
    ...{ group, message: clip(message), fixed: shownTime(fixedAt) },
    ...{ verdict: judged.verdict, reason: judged.reason },
    ...{ succeeded: judged.succeeded, failedBefore: judged.failedBefore },
    evidence: evidence.map((each) => ({ ...each, shows: shows.get(each.record) ?? "" })),
  };
}
