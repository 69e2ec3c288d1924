import type { JsonObject, Principal, RequestContext } from "@trestle/protocol";
import * as z from "zod";
import { type AlertRule, alertRules } from "../config/alert-rules.ts";
import type { Core } from "../core.ts";
import { costsOfRuns, type RunCost } from "../learning/costs/runs.ts";
import type { MetricQuery, MetricRow } from "../state/metrics/metrics.ts";
import { costsAnswer } from "./answers/costs.ts";
import { NO_EFFECT } from "./fields.ts";
import { given } from "./history.ts";
import { metricFilter, queryOf } from "./metrics.ts";
import { defineOperation } from "./operation.ts";
import { seesEverything, visiblePrincipal } from "./sight.ts";

const DEFAULT_UNIT = "USD";
const MONTH_MS = 30 * 86_400_000;
const MOST_RUNS = 100;

export const costs = defineOperation({
  name: "costs",
  title: "Costs",
  description:
    "What calls cost, as the configuration says of their tools: by tool, server, caller, day, or run of a chain or workflow; and the budgets.",
  input: z.object({
    ...metricFilter,
    group_by: z
      .enum(["tool", "server", "principal", "day", "run"])
      .default("tool")
      .describe("What there is a row for."),
  }),
  output: costsAnswer,
  hints: NO_EFFECT,
  needs: "caller",
  async run({ group_by, ...asked }, context, core) {
    const since = core.clock.now() - MONTH_MS;
    const isOpen = asked.from === undefined && asked.timeframe === undefined;
    const query = await queryOf(isOpen ? { ...asked, from: since } : asked, context, core);
    const priced = pricedServers(core, query.server);
    const { rows, totals, problem } = await readCosts(group_by, query, { priced, core });
    const budgets = await budgetsFor(context, { priced, core });
    return given({
      group_by,
      from: new Date(query.from ?? since).toISOString(),
      costs: group_by === "run" ? await costsByRun(query, context, core) : rows,
      totals,
      budgets,
      problem,
    }) as JsonObject;
  },
});

interface Priced {
  readonly server: string;
  readonly unit: string;
}

/** Servers of which the configuration says what calls cost. */
function pricedServers({ live }: Core, only: string | undefined): Priced[] {
  const servers = live.current().servers.filter(({ id }) => only === undefined || id === only);
  return servers.flatMap(({ id, entry }) =>
    entry.cost === undefined ? [] : [{ server: id, unit: entry.cost.unit }],
  );
}

interface Reading {
  readonly priced: readonly Priced[];
  readonly core: Core;
}

/** Each server is asked for by itself: amounts in different units are never added up. */
async function readCosts(groupBy: string, query: MetricQuery, { priced, core }: Reading) {
  const rows = new Map<string, JsonObject & { cost: number; calls: number }>();
  const totals = new Map<string, { cost: number; calls: number }>();
  const problems = new Set<string>();
  for (const { server, unit } of priced) {
    const page = await core.figures.query({ ...query, server, ...grouping(groupBy) });
    if (page.problem !== undefined) problems.add(page.problem);
    for (const row of page.rows) {
      const key = keyOf(row, groupBy, server);
      addTo(rows, JSON.stringify([key, unit]), { ...key, unit }, row);
      addTo(totals, unit, { unit }, row);
    }
  }
  const dearest = [...rows.values()].sort((a, b) => order(a, b, groupBy));
  const problem = problems.size > 0 ? [...problems].join(" ") : undefined;
  return { rows: dearest, totals: [...totals.values()], problem };
}

function grouping(groupBy: string): Pick<MetricQuery, "groupBy" | "bucket"> {
  if (groupBy === "tool" || groupBy === "server" || groupBy === "principal") return { groupBy };
  return groupBy === "day" ? { groupBy: "none", bucket: "day" } : { groupBy: "none" };
}

function keyOf(
  { tool, principal, start = 0 }: MetricRow,
  groupBy: string,
  server: string,
): JsonObject {
  if (groupBy === "tool") return { server, tool };
  if (groupBy === "server") return { server };
  if (groupBy === "principal") return { principal };
  return groupBy === "day" ? { day: new Date(start).toISOString().slice(0, 10) } : {};
}

function addTo<Row extends { cost: number; calls: number }>(
  rows: Map<string, Row>,
  key: string,
  facts: object,
  { cost, calls }: MetricRow,
): void {
  const row = rows.get(key) ?? ({ ...facts, calls: 0, cost: 0 } as unknown as Row);
  rows.set(key, row);
  row.cost = exact(row.cost + cost);
  row.calls += calls;
}

/** Sums of prices, without the dust that adding up doubles leaves. */
function exact(amount: number): number {
  return Number(amount.toPrecision(12));
}

/** Days in their order, all else the dearest first. */
function order(
  a: JsonObject & { cost: number },
  b: JsonObject & { cost: number },
  groupBy: string,
): number {
  if (groupBy === "day") return String(a.day).localeCompare(String(b.day));
  return b.cost - a.cost;
}

/** Of the runs that the history of this bridge still holds. */
async function costsByRun(
  { from = 0, to = Number.MAX_SAFE_INTEGER, principal }: MetricQuery,
  context: RequestContext,
  core: Core,
): Promise<JsonObject[]> {
  const calls = await core.learned.costed(from, to);
  const unitOf = (server: string): string => {
    const found = core.live.current().servers.find(({ id }) => id === server);
    return found?.entry.cost?.unit ?? DEFAULT_UNIT;
  };
  const caller = visiblePrincipal(context.principal, principal).principal;
  const runs = costsOfRuns(calls, unitOf).filter(
    (run) => caller === undefined || run.principal === caller,
  );
  return Promise.all(runs.slice(0, MOST_RUNS).map((run) => presentRun(run, core)));
}

async function presentRun(
  { run, principal, startedAt, calls, costs: amounts }: RunCost,
  core: Core,
): Promise<JsonObject> {
  const chain = await core.chains.get(run);
  return {
    ...{ run, kind: chain === undefined ? "workflow" : "chain" },
    ...(chain === undefined ? {} : { name: chain.name }),
    ...{ principal, started_at: new Date(startedAt).toISOString(), calls },
    amounts: Object.entries(amounts).map(([unit, cost]) => ({ cost: exact(cost), unit })),
  };
}

/** What the rules of alerts say of costs, and how much of each is spent. For whoever may see all calls. */
async function budgetsFor(
  { principal }: { readonly principal: Principal },
  { priced, core }: Reading,
): Promise<JsonObject[] | undefined> {
  if (!seesEverything(principal)) return undefined;
  const rules = [...alertRules(core.live.current().events.alerts)];
  const budgets = rules.filter(([, rule]) => rule.when === "budget");
  const now = core.clock.now();
  const found = budgets.map(async ([name, rule]) => {
    const from = now - rule.over * 1_000;
    const { rows } = await core.figures.query({ from, groupBy: "server" });
    return priced
      .filter(({ server }) => rule.server === undefined || rule.server === server)
      .map(({ server, unit }) => presentBudget({ name, rule, server, unit }, rows));
  });
  return (await Promise.all(found)).flat();
}

function presentBudget(
  { name, rule, server, unit }: Priced & { readonly name: string; readonly rule: AlertRule },
  rows: readonly MetricRow[],
): JsonObject {
  const spent = exact(rows.find((row) => row.server === server)?.cost ?? 0);
  const { above = 0, over } = rule;
  return { rule: name, server, unit, above, over_s: over, spent, exceeded: spent > above };
}
