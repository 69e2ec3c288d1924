import { lazy, type ReactNode, Suspense } from "react";
import { useTool } from "../../api/tools.ts";
import { bytes, count, duration, percent } from "../../lib/format.ts";
import { Card } from "../../ui/card.tsx";
import { Facts } from "../../ui/facts.tsx";
import { Link } from "../../ui/link.tsx";
import { Problem, SkeletonLines } from "../../ui/states.tsx";
import { daysOf } from "./days.ts";
import type { CostReport, Metrics } from "./shapes.ts";

const Chart = lazy(() =>
  import("../../ui/chart.tsx").then((module) => ({ default: module.Chart })),
);

/** Trends, what is asked, what is kept and what that costs. */
export function Figures({ server }: { readonly server: string }) {
  const metrics = useTool<Metrics>(server, "get_metrics", { type: "all", since: "30d" });
  const costs = useTool<CostReport>(server, "get_cost_report", { since: "30d" });
  if (metrics.error) return <Problem error={metrics.error} retry={() => void metrics.refetch()} />;
  if (metrics.data === undefined) return <SkeletonLines lines={10} />;
  const { search, errors, learning, growth, "r2-storage": storage } = metrics.data;
  return (
    <div className="knowledge-figures">
      {growth && (
        <Card
          title="Growth"
          note={`${count(growth.inPeriod)} in 30 days, ${count(growth.total)} in all`}
        >
          <Days label="Diagnoses stored each day" parts={[["Stored", growth.byDay]]} />
        </Card>
      )}
      {learning && (
        <Card
          title="Do fixes work?"
          note={
            learning.successRate === null
              ? "none was tried"
              : `${percent(learning.successRate)} of ${count(learning.outcomes)}`
          }
        >
          <Days
            label="Fixes tried each day"
            parts={[
              ["Worked", learning.workedByDay],
              ["Did not", learning.failedByDay],
            ]}
          />
        </Card>
      )}
      {errors && <Trends errors={errors} />}
      {search && <Searches search={search} />}
      {storage && <Storage storage={storage} />}
      {costs.data && <Costs report={costs.data} />}
    </div>
  );
}

const COLOURS = ["data-1", "bad"] as const;

function Days({
  label,
  parts,
}: {
  readonly label: string;
  readonly parts: readonly (readonly [string, Readonly<Record<string, number>>])[];
}) {
  const { times, values } = daysOf(parts.map(([, byDay]) => byDay));
  return (
    <Suspense fallback={<div className="knowledge-chart" />}>
      <Chart
        label={label}
        times={times}
        format={(value) => (Number.isInteger(value) ? count(value) : "")}
        series={parts.map(([name], at) => ({
          label: name,
          colour: COLOURS[at] ?? "data-1",
          area: at === 0,
          values: values[at] ?? [],
        }))}
      />
    </Suspense>
  );
}

function Trends({ errors }: { readonly errors: NonNullable<Metrics["errors"]> }) {
  return (
    <Card title="Trends" note="the last 30 days and those before" flush>
      <Lines nothing="No error was met." label="What rises most first">
        {errors.trends.slice(0, 10).map(({ name, before, now }) => (
          <li key={name}>
            <Link to={`/knowledge?q=${encodeURIComponent(name)}`}>{name}</Link>
            <span className="tabular">
              {count(before)} → {count(now)}
            </span>
          </li>
        ))}
      </Lines>
    </Card>
  );
}

function Searches({ search }: { readonly search: NonNullable<Metrics["search"]> }) {
  const { searches, empty, p50, p99, popular, unanswered } = search;
  const speed = p50 === null || p99 === null ? "" : `, ${duration(p50)}, at most ${duration(p99)}`;
  const lists = [
    ["Asked most", popular],
    ["Asked in vain", unanswered],
  ] as const;
  return (
    <Card
      title="Popular queries"
      note={`${count(searches)} asked, ${count(empty)} in vain${speed}`}
      flush
    >
      {lists.map(([label, queries]) => (
        <Lines key={label} label={label} nothing="None.">
          {queries.slice(0, 8).map(({ kind, text, count: times }) => (
            <li key={`${kind} ${text}`}>
              <Link to={`/knowledge?q=${encodeURIComponent(text)}`}>{text}</Link>
              <span className="tabular">{count(times)}</span>
            </li>
          ))}
        </Lines>
      ))}
    </Card>
  );
}

function Lines(props: {
  readonly label: string;
  readonly nothing: string;
  readonly children: readonly ReactNode[];
}) {
  return (
    <>
      <h3 className="knowledge-sub">{props.label}</h3>
      {props.children.length === 0 ? (
        <p className="knowledge-none">{props.nothing}</p>
      ) : (
        <ol className="knowledge-lines">{props.children}</ol>
      )}
    </>
  );
}

function Storage({ storage }: { readonly storage: NonNullable<Metrics["r2-storage"]> }) {
  const folders = Object.entries(storage.folders).sort(([, a], [, b]) => b.bytes - a.bytes);
  return (
    <Card title="Storage" note={`${bytes(storage.bytes)} in ${count(storage.objects)} objects`}>
      <Facts
        facts={[
          ["Where", storage.where],
          ...folders.map(
            ([name, of]) => [name, `${bytes(of.bytes)} in ${count(of.objects)}`] as const,
          ),
        ]}
      />
    </Card>
  );
}

function Costs({ report: { month, recommendations } }: { readonly report: CostReport }) {
  const dollars = (value: number): string =>
    value > 0 && value < 0.01 ? "below $0.01" : `$${value.toFixed(2)}`;
  return (
    <Card title="Cost" note={`${dollars(month.dollars)} a month at this pace`}>
      <Facts
        facts={[
          ["Writes (class A)", `${count(month.classA.amount)}, ${dollars(month.classA.dollars)}`],
          ["Reads (class B)", `${count(month.classB.amount)}, ${dollars(month.classB.dollars)}`],
          ["Storage", dollars(month.storage.dollars)],
        ]}
      />
      {recommendations.map((words) => (
        <p key={words} className="knowledge-advice">
          {words}
        </p>
      ))}
    </Card>
  );
}
