import type { HistoryRow, Stage } from "../../api/generated.ts";
import { duration } from "../../lib/format.ts";
import { Link } from "../../ui/link.tsx";
import { type Bar, barsOf, lengthOf } from "./waterfall.ts";

export interface WaterfallProps {
  readonly stages: readonly Stage[];
  readonly caused: readonly HistoryRow[];
  readonly startedAt: string;
  readonly durationMs: number | undefined;
}

const TICKS = [0, 0.25, 0.5, 0.75, 1];

/** Bars under each other, each from when to when; said in words beside them. */
export function Waterfall({ stages, caused, startedAt, durationMs }: WaterfallProps) {
  const bars = barsOf(stages, caused, Date.parse(startedAt));
  const length = lengthOf(bars, durationMs);
  return (
    <div className="waterfall">
      <div className="waterfall-scale" aria-hidden="true">
        {TICKS.map((tick) => (
          <span key={tick} style={{ left: `${tick * 100}%` }}>
            {duration(length * tick)}
          </span>
        ))}
      </div>
      <ol className="waterfall-bars">
        {bars.map((bar) => (
          <Line key={bar.key} bar={bar} length={length} />
        ))}
      </ol>
    </div>
  );
}

function Line({ bar, length }: { readonly bar: Bar; readonly length: number }) {
  const { name, words, from, to, kind, execution } = bar;
  const left = Math.min((from / length) * 100, 99.5);
  const width = Math.max(((to - from) / length) * 100, 0.4);
  return (
    <li>
      <div className="waterfall-name">
        {execution ? <Link to={`/history/${execution}`}>{name}</Link> : <strong>{name}</strong>}
        <span>{words}</span>
      </div>
      <div className="waterfall-track">
        <i
          data-kind={kind}
          style={{ left: `${left}%`, width: `${Math.min(width, 100 - left)}%` }}
        />
      </div>
      <span className="waterfall-ms">{duration(to - from)}</span>
    </li>
  );
}
