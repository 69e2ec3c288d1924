import { useVirtualizer, type Virtualizer } from "@tanstack/react-virtual";
import { type KeyboardEvent, useEffect, useRef } from "react";
import type { HistoryRow } from "../../api/generated.ts";
import { count, duration, moment } from "../../lib/format.ts";
import { useNow } from "../../lib/use-now.ts";
import { Badge } from "../../ui/badge.tsx";
import { Button } from "../../ui/button.tsx";
import { Link } from "../../ui/link.tsx";
import { OutcomeBadge } from "../../ui/outcome.tsx";
import type { LiveRows } from "./use-rows.ts";

const ROW_PX = 40;
/** From here on somebody reads further down. */
const READING_PX = 4;
/** The next page is asked for so many rows before the end. */
const AHEAD = 60;

/** Only the rows that are seen are drawn, however many there are. */
export function CallList({ rows }: { readonly rows: LiveRows }) {
  const frame = useRef<HTMLDivElement>(null);
  const virtual = useVirtualizer({
    count: rows.all.length,
    getScrollElement: () => frame.current,
    estimateSize: () => ROW_PX,
    getItemKey: (index) => rows.all[index]?.execution_id ?? index,
    overscan: 12,
  });
  const items = virtual.getVirtualItems();
  const last = items.at(-1)?.index ?? 0;
  const { more, next, all } = rows;
  useEffect(() => {
    if (next !== undefined && last > all.length - AHEAD) more();
  }, [last, all.length, next]);
  const now = useNow(60_000);
  const toTop = (): void => {
    rows.catchUp();
    rows.setReading(false);
    virtual.scrollToIndex(0);
  };
  return (
    <div className="history-list">
      <Summary rows={rows} toTop={toTop} />
      {/* biome-ignore lint/a11y/noStaticElementInteractions: its links take the keys, which only move between them */}
      <div
        className="history-frame"
        ref={frame}
        onScroll={({ currentTarget }) => {
          const isReading = currentTarget.scrollTop > READING_PX;
          rows.setReading(isReading);
          if (!isReading && rows.waiting.length > 0) rows.catchUp();
        }}
        onKeyDown={(event) => moveFocus(event, virtual, all.length)}
      >
        <Head />
        <ul
          className="history-rows"
          aria-label="Calls, the newest first"
          style={{ height: virtual.getTotalSize() }}
        >
          {items.map(({ index, key, start }) => {
            const row = all[index];
            return (
              row && (
                <Row key={key} row={row} index={index} start={start} now={now} of={all.length} />
              )
            );
          })}
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
  readonly start: number;
  readonly now: number;
  readonly of: number;
}

function Row({ row, index, start, now, of }: RowProps) {
  const { execution_id, server, tool, outcome, duration_ms, principal, error } = row;
  return (
    <li
      className="history-row"
      data-index={index}
      aria-posinset={index + 1}
      aria-setsize={of}
      style={{ transform: `translateY(${start}px)` }}
    >
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
    </li>
  );
}

const STEPS: Readonly<Record<string, number>> = {
  ArrowDown: 1,
  ArrowUp: -1,
  PageDown: 15,
  PageUp: -15,
  Home: Number.NEGATIVE_INFINITY,
  End: Number.POSITIVE_INFINITY,
};

/** Arrows go from row to row, also to those that are not drawn yet. */
function moveFocus(
  event: KeyboardEvent<HTMLElement>,
  virtual: Virtualizer<HTMLDivElement, Element>,
  rows: number,
): void {
  const step = STEPS[event.key];
  const own = document.activeElement?.closest<HTMLElement>("[data-index]");
  if (step === undefined || !own) return;
  event.preventDefault();
  const wanted = Math.max(0, Math.min(rows - 1, Number(own.dataset.index) + step));
  const frame = event.currentTarget;
  virtual.scrollToIndex(wanted, { align: "auto" });
  requestAnimationFrame(() =>
    requestAnimationFrame(() =>
      frame
        .querySelector<HTMLElement>(`[data-index="${wanted}"] a`)
        ?.focus({ preventScroll: true }),
    ),
  );
}
