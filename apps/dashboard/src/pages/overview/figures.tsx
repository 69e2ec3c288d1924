import type { ReactNode } from "react";
import type { CacheStatistics, MetricRow } from "../../api/generated.ts";
import { useAsk } from "../../api/queries.ts";
import { cost, count, duration, percent, rate } from "../../lib/format.ts";
import { Skeleton } from "../../ui/states.tsx";
import { useTwoMinutes } from "./two-minutes.ts";

/** So many seconds make the rate of now. */
const RATE_SECONDS = 10;
const AGAIN_MS = 5_000;

/** The figures that say at a glance whether all is well. */
export function Figures() {
  const hour = useAsk(
    "GET metrics",
    { query: { timeframe: "1h", group_by: "none" } },
    { every: AGAIN_MS },
  );
  const day = useAsk(
    "GET metrics",
    { query: { timeframe: "24h", group_by: "none" } },
    { every: AGAIN_MS },
  );
  const cache = useAsk("GET cache", {}, { every: AGAIN_MS });
  const row = hour.data && (hour.data.totals ?? NOTHING);
  const today = day.data && (day.data.totals ?? NOTHING);
  return (
    <dl className="figures">
      <RateFigure />
      <Figure
        name="Success"
        note="1 h"
        value={row && successOf(row)}
        below={row && `${count(row.calls)} calls`}
        tone={row && toneOf(row)}
      />
      <Figure
        name="Latency"
        note="median, 1 h"
        value={row && latency(row.p50_ms)}
        below={row && `p95 ${latency(row.p95_ms)} · p99 ${latency(row.p99_ms)}`}
      />
      <Figure
        name="Cache"
        note="answers"
        value={cache.data && shareOf(cache.data)}
        below={cache.data && `${count(cache.data.entries)} kept`}
      />
      <Figure
        name="Cost"
        note="24 h"
        value={today && cost(today.cost ?? 0)}
        below={today && `${count(today.calls)} calls`}
      />
    </dl>
  );
}

const NOTHING: MetricRow = { calls: 0 };

function RateFigure() {
  const last = useTwoMinutes().slice(-RATE_SECONDS);
  const calls = last.reduce((sum, each) => sum + each.calls, 0);
  return (
    <Figure
      name="Calls per second"
      note="now"
      value={rate(calls / RATE_SECONDS)}
      below={`${count(calls)} in ${RATE_SECONDS} s`}
    />
  );
}

interface FigureProps {
  readonly name: string;
  readonly note: string;
  readonly value: ReactNode;
  readonly below: ReactNode;
  readonly tone?: "bad" | "warn" | undefined;
}

function Figure({ name, note, value, below, tone }: FigureProps) {
  return (
    <div className="figure">
      <dt>
        {name} <small>{note}</small>
      </dt>
      <dd className="figure-value" data-tone={tone}>
        {value ?? <Skeleton height="2.25rem" width="6rem" />}
      </dd>
      <dd className="figure-below">{below ?? <Skeleton height="1.25rem" width="8rem" />}</dd>
    </div>
  );
}

function successOf({ calls, success_rate }: MetricRow): string {
  return calls === 0 || success_rate === undefined ? "–" : percent(success_rate);
}

function toneOf({ calls, success_rate = 1 }: MetricRow): "bad" | "warn" | undefined {
  if (calls === 0 || success_rate >= 0.99) return undefined;
  return success_rate < 0.95 ? "bad" : "warn";
}

function latency(milliseconds: number | undefined): string {
  return milliseconds === undefined ? "–" : duration(milliseconds);
}

function shareOf({ enabled, hits, misses, hit_rate }: CacheStatistics): string {
  if (!enabled) return "Off";
  return hits + misses === 0 ? "–" : percent(hit_rate);
}
