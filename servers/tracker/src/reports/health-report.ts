import { TrestleError } from "@trestle/protocol";
import * as z from "zod";
import type { TargetHealth } from "../health/monitor.ts";
import type { State } from "../state.ts";
import { clip } from "./clip.ts";
import { healthHistory, historyShape } from "./health-history.ts";
import { shownTime } from "./time.ts";

export const healthShape = z.object({
  status: z.enum(["well", "degraded", "unwell"]),
  targets: z.array(
    z.object({
      name: z.string(),
      kind: z.string(),
      status: z.string(),
      since: z.string(),
      detail: z.string().optional(),
      latencyMs: z.number().optional(),
      checked: z.string().optional(),
      flapping: z.boolean(),
      alert: z.object({ state: z.string(), severity: z.string(), summary: z.string() }).optional(),
      suppressedBy: z.string().optional(),
      history: historyShape.optional(),
      agent: z.string().optional().describe("Who checks it, on another host"),
    }),
  ),
  alerts: z.object({
    webhooks: z.array(z.string()).describe("Who is told"),
    waiting: z.int().describe("What is on its way to them"),
    failed: z
      .array(z.object({ webhook: z.string(), at: z.string(), error: z.string() }))
      .describe("What was given up, the last first"),
    silences: z.array(
      z.object({
        id: z.string(),
        targets: z.array(z.string()),
        until: z.string(),
        reason: z.string().optional(),
        by: z.string().optional(),
      }),
    ),
  }),
  reading: z.object({
    on: z.boolean(),
    here: z.boolean().describe("Does this process read? Of several that share a store one does"),
    files: z.int(),
    backlog: z.int().describe("Files with something that is not read yet"),
    sources: z.array(z.object({ name: z.string(), kind: z.string(), path: z.string() })),
    problems: z.array(z.object({ kind: z.string(), message: z.string(), count: z.int() })),
    skipped: z
      .array(z.object({ source: z.string(), reason: z.string(), count: z.int() }))
      .describe("Lines that could not be understood"),
  }),
  store: z.object({
    kind: z.string(),
    records: z.int(),
    sessions: z.int(),
    tasks: z.int(),
    errorGroups: z.int(),
    bytes: z.int(),
    oldest: z.string().optional(),
    newest: z.string().optional(),
  }),
  notes: z.array(z.string()),
});

export type HealthReport = z.output<typeof healthShape>;

const MOST_PROBLEMS = 20;

export async function healthReport(
  state: Pick<State, "store" | "health" | "ingestion" | "watchList">,
  look: { readonly checkNow?: boolean; readonly names?: readonly string[] | undefined } = {},
): Promise<HealthReport> {
  const checked = look.checkNow ? await state.health.checkNow(look.names) : undefined;
  const all = checked ?? (await state.health.status());
  checkNames(all, look.names);
  const targets = all.filter(({ name }) => look.names?.includes(name) ?? true);
  const [reading, store, alerts] = await Promise.all([
    readingOf(state),
    storeOf(state),
    alertsOf(state),
  ]);
  const isDown = targets.some((target) => target.state.status === "down");
  const isWorse =
    targets.some((target) => target.state.status === "degraded") || reading.problems.length > 0;
  return {
    status: isDown ? "unwell" : isWorse ? "degraded" : "well",
    targets: await Promise.all(
      targets.map(async (target) => {
        const history = look.names && (await healthHistory(state.store, target.name));
        return { ...showTarget(target), ...(history && { history }) };
      }),
    ),
    alerts,
    reading,
    store,
    notes: [
      ...(all.length === 0
        ? ["No targets are watched: name them in the file TRACKER_HEALTH_FILE."]
        : []),
      ...(look.checkNow && checked === undefined && all.length > 0
        ? ["Another process watches the targets: these are its last checks."]
        : []),
    ],
  };
}

function checkNames(targets: readonly TargetHealth[], names: readonly string[] = []): void {
  const known = targets.map(({ name }) => name);
  const unknown = names.find((name) => !known.includes(name));
  if (unknown === undefined) return;
  throw new TrestleError(
    "not_found",
    `There is no health target ${unknown}; there is: ${known.join(", ") || "none"}.`,
  );
}

async function alertsOf({ health }: Pick<State, "health">): Promise<HealthReport["alerts"]> {
  const [telling, silences] = await Promise.all([health.telling(), health.silences.list()]);
  const failed = telling.dead.toSorted((one, other) => other.at - one.at).slice(0, MOST_PROBLEMS);
  return {
    webhooks: [...telling.webhooks],
    waiting: telling.waiting,
    failed: failed.map(({ webhook, at, error }) => ({ webhook, at: shownTime(at), error })),
    silences: silences.map(({ from: _, until, targets, ...rest }) => ({
      ...{ ...rest, targets: [...targets], until: shownTime(until) },
    })),
  };
}

function showTarget({ name, kind, agent, state, alert, suppression }: TargetHealth) {
  const { last } = state;
  return {
    ...{ name, kind, status: state.status, since: shownTime(state.since) },
    ...(last && { detail: last.detail, latencyMs: last.latencyMs, checked: shownTime(last.at) }),
    flapping: state.isFlapping,
    ...(agent !== undefined && { agent }),
    ...(alert && {
      alert: { state: alert.state, severity: alert.severity, summary: alert.summary },
    }),
    ...(suppression && {
      suppressedBy:
        suppression.kind === "dependency"
          ? suppression.on
          : `${suppression.kind} until ${shownTime(suppression.until)}`,
    }),
  };
}

async function readingOf({
  store,
  ingestion,
  watchList,
}: Pick<State, "store" | "ingestion" | "watchList">): Promise<HealthReport["reading"]> {
  const status = ingestion?.status();
  const skipped = await store.skipped();
  const sources = await watchList.list();
  return {
    on: ingestion !== undefined,
    here: status?.isReading ?? false,
    files: status?.files ?? 0,
    backlog: status?.backlog ?? 0,
    sources: sources.map(({ name, kind, path }) => ({ name, kind, path })),
    problems: (status?.problems ?? [])
      .slice(0, MOST_PROBLEMS)
      .map(({ kind, message, count }) => ({ kind, message: clip(message), count })),
    skipped: skipped
      .slice(0, MOST_PROBLEMS)
      .map(({ source, reason, count }) => ({ source, reason, count })),
  };
}

async function storeOf({ store }: Pick<State, "store">): Promise<HealthReport["store"]> {
  const { oldestAt, newestAt, ...stats } = await store.stats();
  return {
    ...stats,
    ...(oldestAt !== undefined && { oldest: shownTime(oldestAt) }),
    ...(newestAt !== undefined && { newest: shownTime(newestAt) }),
  };
}
