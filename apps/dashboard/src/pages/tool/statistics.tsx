import { lazy, Suspense } from "react";
import type { MetricRow } from "../../api/generated.ts";
import { useAsk } from "../../api/queries.ts";
import { ago, cost, count, duration, percent } from "../../lib/format.ts";
import { useNow } from "../../lib/use-now.ts";
import { Card } from "../../ui/card.tsx";
import { Facts } from "../../ui/facts.tsx";
import { Link } from "../../ui/link.tsx";
import { Empty, Loaded, SkeletonLines } from "../../ui/states.tsx";
import { everyHour } from "./hours.ts";

const Chart = lazy(() =>
  import("../../ui/chart.tsx").then((module) => ({ default: module.Chart })),
);

interface StatisticsProps {
  readonly server: string;
  readonly tool: string;
}

/** How the tool did in the last day, hour by hour. */
export function Statistics({ server, tool }: StatisticsProps) {
  const place = { server, tool, timeframe: "24h" };
  const whole = useAsk("GET metrics", { query: { ...place, group_by: "none" } }, { every: 15_000 });
  const hours = useAsk(
    "GET metrics",
    { query: { ...place, group_by: "none", bucket: "hour" } },
    { every: 15_000 },
  );
  return (
    <Loaded query={whole} skeleton={<SkeletonLines lines={8} />}>
      {({ totals }) =>
        totals === undefined || totals.calls === 0 ? (
          <Empty icon="overview" title="Not called in the last day">
            Its figures appear with the first call.
          </Empty>
        ) : (
          <div className="tool-halves">
            <Figures row={totals} server={server} tool={tool} />
            <Hours rows={hours.data?.metrics ?? []} />
          </div>
        )
      }
    </Loaded>
  );
}

function Figures({ row, server, tool }: { readonly row: MetricRow } & StatisticsProps) {
  const now = useNow(10_000);
  const took = (value: number | undefined): string | undefined =>
    value === undefined ? undefined : duration(value);
  const share = (value: number | undefined): string | undefined =>
    value === undefined ? undefined : percent(value);
  const errors = Object.entries(row.errors ?? {});
  return (
    <Card
      title="The last day"
      actions={<Link to={`/history?server=${server}&tool=${tool}`}>Its calls</Link>}
    >
      <Facts
        facts={[
          ["Calls", count(row.calls)],
          ["Success", share(row.success_rate)],
          ["Median", took(row.p50_ms)],
          ["95 of 100 within", took(row.p95_ms)],
          ["99 of 100 within", took(row.p99_ms)],
          ["Slowest", took(row.max_ms)],
          ["From the cache", share(row.hit_rate)],
          ["Retried", share(row.retry_rate)],
          ["Stood in for", share(row.fallback_rate)],
          ["Cost", cost(row.cost ?? 0)],
          ["Last called", row.last_execution && ago(row.last_execution, now)],
          ...errors.map(
            ([code, times]) =>
              [
                `Failed: ${code.replaceAll("_", " ")}`,
                times === 1 ? "once" : `${count(times)} times`,
              ] as const,
          ),
        ]}
      />
    </Card>
  );
}

function Hours({ rows: known }: { readonly rows: readonly MetricRow[] }) {
  const rows = everyHour(known, useNow(60_000));
  const times = rows.map(({ at }) => at);
  return (
    <div className="tool-column">
      <Card title="Calls" note="by the hour">
        <Suspense fallback={<div className="tool-chart" />}>
          <Chart
            label="Calls by the hour"
            times={times}
            format={whole}
            series={[
              {
                label: "Calls",
                colour: "data-1",
                area: true,
                values: rows.map(({ calls }) => calls),
              },
              {
                label: "Failures",
                colour: "bad",
                values: rows.map(({ calls, successes = calls }) => calls - successes),
              },
            ]}
          />
        </Suspense>
      </Card>
      <Card title="Latency" note="by the hour">
        <Suspense fallback={<div className="tool-chart" />}>
          <Chart
            label="Latency by the hour"
            times={times}
            format={duration}
            series={[
              { label: "p95", colour: "data-2", values: rows.map(({ p95_ms = null }) => p95_ms) },
              {
                label: "Median",
                colour: "data-1",
                values: rows.map(({ p50_ms = null }) => p50_ms),
              },
            ]}
          />
        </Suspense>
      </Card>
    </div>
  );
}

/** Half a call is none: the axis leaves it out. */
function whole(value: number): string {
  return Number.isInteger(value) ? count(value) : "";
}
