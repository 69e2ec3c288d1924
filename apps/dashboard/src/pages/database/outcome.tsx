import { count, duration } from "../../lib/format.ts";
import { Button } from "../../ui/button.tsx";
import { Card } from "../../ui/card.tsx";
import { Code } from "../../ui/code.tsx";
import { type Column, DataTable } from "../../ui/data-table.tsx";
import { Empty, SkeletonLines } from "../../ui/states.tsx";
import { cellOf } from "./completion.ts";
import type { Asked } from "./confirmation.ts";
import { type PlanStep, stepsOf } from "./plan-tree.ts";
import { placeOf } from "./position.ts";
import type { RowPage } from "./shapes.ts";

export interface OutcomeProps {
  readonly asked: Asked | undefined;
  readonly busy: boolean;
  /** Goes to the page of rows that begins there. */
  readonly page: (offset: number) => void;
}

/** Rows, a plan, or what is wrong and where. */
export function Outcome({ asked, busy, page }: OutcomeProps) {
  return (
    <div aria-live="polite" aria-busy={busy}>
      {asked?.kind === "rows" ? (
        <Rows result={asked.page} offset={asked.offset} page={page} busy={busy} />
      ) : asked?.kind === "plan" ? (
        <PlanTree steps={stepsOf(asked.plan)} analyzed={asked.analyzed} />
      ) : asked?.kind === "failure" ? (
        <Failure message={asked.message} sql={asked.sql} />
      ) : busy ? (
        <SkeletonLines lines={6} />
      ) : (
        <Empty icon="play" title="Nothing asked yet">
          Write a statement and press Ctrl Enter. What reads runs in a transaction that cannot
          write.
        </Empty>
      )}
    </div>
  );
}

interface RowsProps {
  readonly result: RowPage;
  readonly offset: number;
  readonly page: (offset: number) => void;
  readonly busy: boolean;
}

function Rows({ result, offset, page, busy }: RowsProps) {
  const { columns, rows, nextOffset, command, affectedRows } = result;
  if (columns.length === 0) {
    return (
      <Empty icon="check" title={`${command ?? "It"} is done`}>
        {typeof affectedRows === "number" ? `${count(affectedRows)} rows were changed.` : ""}
      </Empty>
    );
  }
  const shown = rows.map((row, at) => ({ at: offset + at + 1, row }));
  const first = offset > 0 || nextOffset !== undefined;
  return (
    <Card
      title="Rows"
      note={rows.length === 0 ? "none" : `${count(offset + 1)} to ${count(offset + rows.length)}`}
      flush
      actions={
        first && (
          <>
            <Button
              size="s"
              icon="left"
              busy={busy}
              disabled={offset === 0 && "This is the first page."}
              onClick={() => page(Math.max(0, offset - rows.length))}
            >
              Before
            </Button>
            <Button
              size="s"
              icon="right"
              busy={busy}
              disabled={nextOffset === undefined && "This is the last page."}
              onClick={() => nextOffset !== undefined && page(nextOffset)}
            >
              Next
            </Button>
          </>
        )
      }
    >
      <DataTable
        label="Rows of the statement"
        rows={shown}
        columns={columns.map(columnOf)}
        rowKey={({ at }) => String(at)}
      />
    </Card>
  );
}

interface ShownRow {
  readonly at: number;
  readonly row: Readonly<Record<string, unknown>>;
}

function columnOf({ name, type }: RowPage["columns"][number]): Column<ShownRow> {
  return {
    id: name,
    head: name,
    ...(/int|numeric|real|double|money/.test(type) && { align: "end" as const }),
    sortBy: ({ row }) => {
      const value = row[name];
      return typeof value === "number" ? value : cellOf(value);
    },
    cell: ({ row }) => (
      <span className="database-cell" data-null={row[name] === null || undefined}>
        {cellOf(row[name])}
      </span>
    ),
  };
}

function Failure({ message, sql }: { readonly message: string; readonly sql: string }) {
  const place = placeOf(message, sql);
  return (
    <div className="database-failure" role="alert">
      <p>{message}</p>
      {place && (
        <>
          <p>
            Line {place.line}, column {place.column}:
          </p>
          <Code label="Where it is">{`${place.text}\n${" ".repeat(place.column - 1)}^`}</Code>
        </>
      )}
    </div>
  );
}

function PlanTree({
  steps,
  analyzed,
}: {
  readonly steps: readonly PlanStep[];
  readonly analyzed: boolean;
}) {
  return (
    <Card title="Plan" note={analyzed ? "as it ran" : "as it would run"} flush>
      <ul className="database-plan">
        {steps.map((step) => (
          <li key={step.id} style={{ paddingInlineStart: `${step.depth * 1.25 + 1}rem` }}>
            <div>
              <strong>{step.name}</strong> {step.on && <code>{step.on}</code>}
              {step.condition && <small>{step.condition}</small>}
            </div>
            <div className="database-cost">
              <meter
                min={0}
                max={1}
                value={step.share}
                aria-label={`Share of the cost of ${step.name}`}
              />
              <span className="tabular">
                cost {step.cost.toFixed(1)}, {count(step.actualRows ?? step.rows)} rows
                {step.ms !== undefined && `, ${duration(step.ms)}`}
              </span>
            </div>
          </li>
        ))}
      </ul>
    </Card>
  );
}
