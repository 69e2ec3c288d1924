import { type KeyboardEvent, memo, useEffect, useRef } from "react";
import type { HistoryRow } from "../../api/generated.ts";
import { count, duration, moment } from "../../lib/format.ts";
import { useNow } from "../../lib/use-now.ts";
import { Badge } from "../../ui/badge.tsx";
import { Button } from "../../ui/button.tsx";
import { Link } from "../../ui/link.tsx";
import { OutcomeBadge } from "../../ui/outcome.tsx";
import { type RowWindow, useRowWindow } from "./row-window.ts";
import type { LiveRows } from "./use-rows.ts";

/** As high as `history.css` makes them. */
const ROW_PX = 40;
const HEAD_PX = 34;
const BEYOND = 12;
/** From here on somebody reads further down. */
const READING_PX = 4;
/** The next page is asked for so many rows before the end. */
const AHEAD = 60;

/** Only the rows that are seen are drawn, however many there are. */
export function CallList({ rows }: { readonly rows: LiveRows }) {
  const frame = useRef<HTMLDivElement>(null);
  const { more, next, all } = rows;
  const size = { count: all.length, rowPx: ROW_PX, headPx: HEAD_PX, beyond: BEYOND };
  const shown = useRowWindow(frame, size);
  const { first, end } = shown;
  useEffect(() => {
    if (next !== undefined && end > all.length - AHEAD) more();
  }, [end, all.length, next]);
  const now = useNow(60_000);
  const toTop = (): void => {
    rows.catchUp();
    rows.setReading(false);
    shown.reveal(0);
  };
  return (
    <div className="history-list">
      <Summary rows={rows} toTop={toTop} />
      {/* biome-ignore lint/a11y/noStaticElementInteractions: its links take the keys, which only move between them */}
      <div
        className="history-frame"
        ref={frame}
        onScroll={({ currentTarget }) => {
          // Read before anything is drawn: after it the browser would have to lay all out first.
          const { scrollTop } = currentTarget;
          const isReading = scrollTop > READING_PX;
          shown.follow(scrollTop);
          rows.setReading(isReading);
          if (!isReading && rows.waiting.length > 0) rows.catchUp();
        }}
        onKeyDown={(event) => moveFocus(event, shown, all.length)}
      >
        <Head />
        <ul
          className="history-rows"
          aria-label="Calls, the newest first"
          style={{ height: all.length * ROW_PX }}
        >
          {all.slice(first, end).map((row, at) => (
            <Row key={row.execution_id} row={row} index={first + at} now={now} of={all.length} />
          ))}
        </ul>
      </div>
    </div>
  );
}

function Head() {
  return (
    <div className="history-row history-head" aria-hidden="true">
      <span>When</span>
      <span>Tool</span>
      <span>Outcome</span>
      <span className="history-number">Took</span>
      <span>Caller</span>
      <span />
    </div>
  );
}

function Summary({ rows, toTop }: { readonly rows: LiveRows; readonly toTop: () => void }) {
  const { all, waiting, next, isLoading } = rows;
  return (
    <div className="history-summary">
      <span>
        {count(all.length)} calls{next === undefined ? "" : " so far, scroll for older ones"}
        {isLoading && " · loading"}
      </span>
      {waiting.length > 0 && (
        <Button size="s" icon="up" onClick={toTop}>
          {`${count(waiting.length)} new`}
        </Button>
      )}
    </div>
  );
}

interface RowProps {
  readonly row: HistoryRow;
  readonly index: number;
  readonly now: number;
  readonly of: number;
}

/** Rows that move down because new ones came are moved, and not drawn anew. */
const Row = memo(function Row({ row, index, now, of }: RowProps) {
  return (
    <li
      className="history-row"
      data-index={index}
      aria-posinset={index + 1}
      aria-setsize={of}
      style={{ transform: `translateY(${index * ROW_PX}px)` }}
    >
      <Cells row={row} now={now} />
    </li>
  );
});

const Cells = memo(function Cells({ row, now }: Pick<RowProps, "row" | "now">) {
  const { execution_id, server, tool, outcome, duration_ms, principal, error } = row;
  return (
    <>
      <time className="tabular" dateTime={row.started_at}>
        {moment(row.started_at, now)}
      </time>
      <Link
        className="history-link"
        to={`/history/${encodeURIComponent(execution_id)}`}
        title={error?.message || `${server}.${tool}`}
      >
        <span>{server}.</span>
        {tool}
      </Link>
      <OutcomeBadge outcome={outcome} />
      <span className="history-number tabular">
        {duration_ms === undefined ? "…" : duration(duration_ms)}
      </span>
      <span className="history-caller">{principal}</span>
      <span className="history-marks">
        {row.cached && <Badge tone="info">cached</Badge>}
        {row.retry_count > 0 && <Badge tone="warn">{row.retry_count} retries</Badge>}
        {row.fallback_used && <Badge tone="accent">fallback</Badge>}
      </span>
    </>
  );
});

const STEPS: Readonly<Record<string, number>> = {
  ArrowDown: 1,
  ArrowUp: -1,
  PageDown: 15,
  PageUp: -15,
  Home: Number.NEGATIVE_INFINITY,
  End: Number.POSITIVE_INFINITY,
};

/** Arrows go from row to row, also to those that are not drawn yet. */
function moveFocus(event: KeyboardEvent<HTMLElement>, shown: RowWindow, rows: number): void {
  const step = STEPS[event.key];
  const own = document.activeElement?.closest<HTMLElement>("[data-index]");
  if (step === undefined || !own) return;
  event.preventDefault();
  const wanted = Math.max(0, Math.min(rows - 1, Number(own.dataset.index) + step));
  shown.reveal(wanted);
  event.currentTarget
    .querySelector<HTMLElement>(`[data-index="${wanted}"] a`)
    ?.focus({ preventScroll: true });
}
