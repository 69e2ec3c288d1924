import {
  createSortedRowModel,
  rowSortingFeature,
  sortFns,
  tableFeatures,
  useTable,
} from "@tanstack/react-table";
import type { ReactNode } from "react";
import { useMemo } from "react";
import { Icon } from "./icon.tsx";
import "./data-table.css";

export interface Column<Row> {
  readonly id: string;
  readonly head: string;
  readonly cell: (row: Row) => ReactNode;
  /** By what it is sorted; without one it is not. */
  readonly sortBy?: (row: Row) => string | number;
  readonly align?: "end";
  /** Takes what is left of the width, and may go on in a second line. */
  readonly grow?: boolean;
  /** Not on a narrow screen. */
  readonly wideOnly?: boolean;
}

export interface DataTableProps<Row> {
  readonly label: string;
  readonly rows: readonly Row[];
  readonly columns: readonly Column<Row>[];
  readonly rowKey: (row: Row) => string;
  /** What is sorted by at first, downwards. */
  readonly sortedBy?: string;
  /** A click anywhere on a row; put a link or button into a cell besides, for the keyboard. */
  readonly onRow?: (row: Row) => void;
}

const features = tableFeatures({
  rowSortingFeature,
  sortedRowModel: createSortedRowModel(),
  sortFns,
});

/** A table of some hundred rows that can be sorted by its heads. */
export function DataTable<Row>(props: DataTableProps<Row>) {
  const { label, rows, columns, rowKey, sortedBy, onRow } = props;
  const definitions = useMemo(() => columns.map(toDefinition), [columns]);
  const byId = useMemo(() => new Map(columns.map((column) => [column.id, column])), [columns]);
  const table = useTable({
    features,
    columns: definitions,
    data: rows as Row[] & object[],
    getRowId: (row: Row) => rowKey(row),
    initialState: { sorting: sortedBy === undefined ? [] : [{ id: sortedBy, desc: true }] },
  } as never) as unknown as SortedTable<Row>;
  return (
    <div className="table-frame">
      <table className="table" aria-label={label}>
        <thead>
          <tr>
            {table.getHeaderGroups()[0]?.headers.map(({ column }) => (
              <Head key={column.id} column={column} shown={byId.get(column.id)} />
            ))}
          </tr>
        </thead>
        <tbody>
          {table.getRowModel().rows.map(({ id, original }) => (
            <tr
              key={id}
              data-clickable={onRow ? true : undefined}
              onClick={() => onRow?.(original)}
            >
              {columns.map((column) => (
                <td key={column.id} className={classOf(column)}>
                  {column.cell(original)}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

interface SortableColumn {
  readonly id: string;
  getCanSort(): boolean;
  getIsSorted(): false | "asc" | "desc";
  getToggleSortingHandler(): ((event: unknown) => void) | undefined;
}

interface SortedTable<Row> {
  getHeaderGroups(): readonly {
    readonly headers: readonly { readonly column: SortableColumn }[];
  }[];
  getRowModel(): { readonly rows: readonly { readonly id: string; readonly original: Row }[] };
}

const DIRECTIONS = { asc: "ascending", desc: "descending" } as const;

function Head<Row>({
  column,
  shown,
}: {
  readonly column: SortableColumn;
  readonly shown: Column<Row> | undefined;
}) {
  const sorted = column.getIsSorted();
  return (
    <th
      scope="col"
      className={shown && classOf(shown)}
      aria-sort={sorted ? DIRECTIONS[sorted] : undefined}
    >
      {column.getCanSort() ? (
        <button type="button" className="table-sort" onClick={column.getToggleSortingHandler()}>
          {shown?.head}
          {sorted && <Icon name={sorted === "asc" ? "up" : "down"} size={12} />}
        </button>
      ) : (
        shown?.head || <span className="visually-hidden">Actions</span>
      )}
    </th>
  );
}

function toDefinition<Row>({ id, sortBy }: Column<Row>) {
  return { id, accessorFn: sortBy ?? (() => ""), enableSorting: sortBy !== undefined };
}

function classOf<Row>({ align, grow, wideOnly }: Column<Row>): string | undefined {
  const classes = [
    align === "end" && "table-end",
    grow && "table-grow",
    wideOnly && "table-wide",
  ].filter(Boolean);
  return classes.length === 0 ? undefined : classes.join(" ");
}
