import { lazy, Suspense } from "react";
import { count, duration, rate } from "../../lib/format.ts";
import { Card } from "../../ui/card.tsx";
import { useTwoMinutes } from "./two-minutes.ts";

const Chart = lazy(() =>
  import("../../ui/chart.tsx").then((module) => ({ default: module.Chart })),
);

const HEIGHT = 176;

/** At the axis whole numbers are whole. */
function perSecond(value: number): string {
  return Number.isInteger(value) ? count(value) : rate(value);
}

/** The last two minutes, second by second. */
export function LiveCharts() {
  const shown = useTwoMinutes();
  const times = shown.map(({ at }) => at);
  const means = shown.map(({ calls, totalMs }) => (calls === 0 ? null : totalMs / calls));
  const slowest = shown.map(({ calls, slowestMs }) => (calls === 0 ? null : slowestMs));
  const place = <div style={{ height: HEIGHT + 29 }} />;
  return (
    <>
      <Card title="Calls" note="per second, the last two minutes" className="overview-chart">
        <Suspense fallback={place}>
          <Chart
            label="Calls per second"
            times={times}
            height={HEIGHT}
            format={perSecond}
            series={[
              {
                label: "Calls",
                colour: "data-1",
                area: true,
                values: shown.map(({ calls }) => calls),
              },
              { label: "Failures", colour: "bad", values: shown.map(({ failures }) => failures) },
            ]}
          />
        </Suspense>
      </Card>
      <Card title="Latency" note="of calls that ended in a second" className="overview-chart">
        <Suspense fallback={place}>
          <Chart
            label="Latency"
            times={times}
            height={HEIGHT}
            format={duration}
            series={[
              { label: "Slowest", colour: "data-2", values: slowest },
              { label: "Mean", colour: "data-1", values: means },
            ]}
          />
        </Suspense>
      </Card>
    </>
  );
}
