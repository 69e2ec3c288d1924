import * as z from "zod";
import { changePoints } from "../correlate/change-points.ts";
import { changesOf } from "../correlate/changes.ts";
import { correlate } from "../correlate/correlate.ts";
import { eventOfError } from "../correlate/event.ts";
import { FAILURES } from "../errors/failures.ts";
import { suggestMerges } from "../errors/suggest-merges.ts";
import type { ErrorGroup } from "../model/error-group.ts";
import type { PhaseName } from "../model/phase.ts";
import type { ErrorTrace } from "../store/traces.ts";
import type { TrackerStore } from "../store/tracker-store.ts";
import { clip } from "./clip.ts";
import { evidenceOf, evidenceShape } from "./evidence.ts";
import { shownTime } from "./time.ts";

const side = z.object({ component: z.string(), group: z.string(), message: z.string() });
const significance = {
  pValue: z.number(),
  falseDiscoveryRate: z.number().describe("Over all pairs that were tested"),
  evidence: z.array(evidenceShape),
};

export const correlationsShape = z.object({
  events: z.int().describe("Errors that were looked at"),
  findings: z.array(
    z.object({
      kind: z.string().describe("time: second follows first; session, file, …: they share it"),
      first: side,
      second: side,
      support: z.int().describe("How often both were there"),
      lift: z.number().describe("How much more often than by chance; 1 is chance"),
      lagMs: z.number().optional().describe("Median time from first to second"),
      shared: z.array(z.string()).optional(),
      ...significance,
    }),
  ),
  changes: z
    .array(
      z.object({
        change: z.string(),
        at: z.string(),
        error: side,
        before: z.int(),
        after: z.int(),
        isNew: z.boolean().describe("There was none of it ever before"),
        ...significance,
      }),
    )
    .describe("Errors that began or grew with an edit, a commit or a deployment"),
  mergeSuggestions: z
    .array(
      z.object({
        groups: z.array(z.string()),
        messages: z.array(z.string()).describe("Of each group"),
        similarity: z.number(),
        reasons: z.array(z.string()),
      }),
    )
    .describe("Groups that may be one error; nothing is merged by itself"),
  notes: z.array(z.string()),
});

export type Correlations = z.output<typeof correlationsShape>;

export interface CorrelationsQuery {
  readonly from: number;
  readonly to: number;
  readonly project?: string | undefined;
  readonly component?: string | undefined;
  readonly group?: string | undefined;
  /** Only errors that were met in it. */
  readonly phase?: PhaseName | "unknown" | undefined;
  readonly limit: number;
  readonly falseDiscoveryRate?: number | undefined;
}

const MOST_EVENTS = 10_000;
const MOST_CHANGES = 3_000;
const MOST_MERGES = 10;
const MOST_GROUPS = 1_000;

export async function errorCorrelations(
  store: TrackerStore,
  query: CorrelationsQuery,
): Promise<Correlations> {
  const { from, to, project, limit, falseDiscoveryRate } = query;
  const time = { from, to, ...(project !== undefined && { project }) };
  const [groups, errors, edits, runs] = await Promise.all([
    store.errorGroups({ ...inTime(query), limit: MOST_GROUPS }),
    store.errorTraces({ ...time, limit: MOST_EVENTS }),
    store.editTraces({ ...time, limit: MOST_CHANGES }),
    store.runTraces({ ...time, limit: MOST_CHANGES }),
  ]);
  const isAsked = ({ phase }: ErrorTrace) =>
    query.phase === undefined || (phase ?? "unknown") === query.phase;
  const events = errors
    .filter((error) => FAILURES.includes(error.class) && isAsked(error))
    .map((error) => eventOfError(error));
  const rate = falseDiscoveryRate === undefined ? {} : { falseDiscoveryRate };
  const isWanted = (each: Side) =>
    (query.group === undefined || each.group === query.group) &&
    (query.component === undefined || each.component === query.component);

  const findings = correlate(events, rate)
    .filter(({ first, second }) => isWanted(first) || isWanted(second))
    .slice(0, limit);
  const points = changePoints(events, changesOf(edits, runs), rate)
    .filter(isWanted)
    .slice(0, limit);
  const parts = {
    store,
    toSide: await sidesOf(store, groups.items, [
      ...findings.flatMap(({ first, second }) => [first, second]),
      ...points,
    ]),
    ids: await store.recordIds(points.map(({ change }) => change.ref)),
  };
  return {
    events: events.length,
    findings: await Promise.all(findings.map((finding) => toFinding(parts, finding))),
    changes: await Promise.all(points.map((point) => toChange(parts, point))),
    mergeSuggestions: suggestMerges(groups.items, { most: MOST_MERGES }).map(
      ({ groups: pair, similarity, reasons }) => ({
        groups: [...pair],
        messages: pair.map((group) => parts.toSide({ component: "", group }).message),
        ...{ similarity: rounded(similarity), reasons: [...reasons] },
      }),
    ),
    notes:
      errors.length >= MOST_EVENTS
        ? [`Only the newest ${MOST_EVENTS} errors were looked at: ask for a shorter time.`]
        : [],
  };
}

interface Parts {
  readonly store: TrackerStore;
  readonly toSide: (side: Side) => Correlations["findings"][number]["first"];
  /** Of records, by ref. */
  readonly ids: Readonly<Record<string, string>>;
}

/** With the message of each group; of those that are not among `known`, it is asked for. */
async function sidesOf(
  store: TrackerStore,
  known: readonly ErrorGroup[],
  wanted: readonly Side[],
): Promise<Parts["toSide"]> {
  const messages = new Map(known.map(({ group, message }) => [group, message]));
  const others = new Set(wanted.map(({ group }) => group).filter((group) => !messages.has(group)));
  for (const group of others) {
    messages.set(group, (await store.errorGroup(group))?.message ?? "");
  }
  return ({ component, group }) => ({
    ...{ component, group, message: clip(messages.get(group) ?? "", 200) },
  });
}

interface Side {
  readonly component: string;
  readonly group: string;
}

function inTime({ from, to, project, phase }: CorrelationsQuery) {
  return {
    ...{ from, to, classes: FAILURES },
    ...(project !== undefined && { project }),
    ...(phase !== undefined && { phase }),
  };
}

function rounded(value: number): number {
  return Math.round(value * 100) / 100;
}

async function toFinding(
  { store, toSide }: Parts,
  finding: ReturnType<typeof correlate>[number],
): Promise<Correlations["findings"][number]> {
  return {
    kind: finding.kind === "time" ? "time" : finding.key,
    first: toSide(finding.first),
    second: toSide(finding.second),
    support: finding.support,
    lift: rounded(finding.lift),
    ...(finding.kind === "time" ? { lagMs: finding.lagMs } : { shared: [...finding.shared] }),
    pValue: finding.pValue,
    falseDiscoveryRate: finding.falseDiscoveryRate,
    evidence: await evidenceOf(store, finding.examples.flat().slice(0, 4)),
  };
}

async function toChange(
  { store, toSide, ids }: Parts,
  point: ReturnType<typeof changePoints>[number],
): Promise<Correlations["changes"][number]> {
  const { change, before, after, isNew, pValue, falseDiscoveryRate, examples } = point;
  const shown = [ids[change.ref], ...examples].filter((id) => id !== undefined);
  return {
    ...{ change: clip(change.label), at: shownTime(change.at), error: toSide(point) },
    ...{ before, after, isNew, pValue, falseDiscoveryRate },
    evidence: await evidenceOf(store, shown),
  };
}
