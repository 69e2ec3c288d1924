import type { TableDetail } from "./shapes.ts";

/** In pixels of the picture; `database.css` gives rows and heads the same heights. */
export const HEAD = 40;
export const ROW = 26;
export const WIDTH = 264;
const GAP_X = 96;
const GAP_Y = 32;
const MOST_ROWS = 14;

export interface Box {
  readonly key: string;
  readonly table: TableDetail;
  readonly x: number;
  readonly y: number;
  readonly height: number;
  /** How many columns are not drawn. */
  readonly hidden: number;
}

export interface Line {
  readonly key: string;
  readonly from: string;
  readonly to: string;
  readonly path: string;
  readonly words: string;
}

export interface Picture {
  readonly boxes: readonly Box[];
  readonly lines: readonly Line[];
  readonly width: number;
  readonly height: number;
}

function keyOf(table: { readonly schema: string; readonly name: string }): string {
  return `${table.schema}.${table.name}`;
}

/** Tables in columns: what others refer to stands left of them, so that lines run one way where they can. */
export function drawTables(tables: readonly TableDetail[]): Picture {
  const ranks = ranksOf(tables);
  const heights = new Map<number, number>();
  const boxes = [...tables]
    .sort((a, b) => keyOf(a).localeCompare(keyOf(b)))
    .map((table): Box => {
      const rank = placeFor(ranks.get(keyOf(table)) ?? 0, heights, tables.length);
      const y = heights.get(rank) ?? 0;
      const shown = Math.min(table.columns.length, MOST_ROWS);
      const hidden = table.columns.length - shown;
      const height = HEAD + (shown + (hidden > 0 ? 1 : 0)) * ROW;
      heights.set(rank, y + height + GAP_Y);
      return { key: keyOf(table), table, x: rank * (WIDTH + GAP_X), y, height, hidden };
    });
  return {
    boxes,
    lines: linesOf(boxes),
    width: Math.max(0, ...boxes.map(({ x }) => x + WIDTH)),
    height: Math.max(0, ...boxes.map(({ y, height }) => y + height)),
  };
}

/** The columns of a table that are drawn: keys first, as they are what lines lead to. */
export function drawnColumns(table: TableDetail): TableDetail["columns"] {
  if (table.columns.length <= MOST_ROWS) return table.columns;
  const isKey = ({ name }: { readonly name: string }): boolean => markOf(table, name) !== "";
  return [...table.columns.filter(isKey), ...table.columns.filter((each) => !isKey(each))].slice(
    0,
    MOST_ROWS,
  );
}

/** Whether a column is part of a key: of the table's own, or one that leads elsewhere. */
export function markOf(table: TableDetail, column: string): "" | "PK" | "FK" | "PK FK" {
  const own = table.primaryKey?.includes(column) === true;
  const other = table.foreignKeys?.some(({ columns }) => columns.includes(column)) === true;
  if (own) return other ? "PK FK" : "PK";
  return other ? "FK" : "";
}

/** How far each table is from those that refer to nobody; circles end where they began. */
function ranksOf(tables: readonly TableDetail[]): ReadonlyMap<string, number> {
  const byKey = new Map(tables.map((table) => [keyOf(table), table]));
  const ranks = new Map<string, number>();
  function rankOf(key: string, way: ReadonlySet<string>): number {
    const known = ranks.get(key);
    if (known !== undefined) return known;
    const targets = (byKey.get(key)?.foreignKeys ?? [])
      .map(({ references: { schema, table } }) => `${schema}.${table}`)
      .filter((target) => byKey.has(target) && target !== key && !way.has(target));
    const further = new Set([...way, key]);
    const rank = targets.reduce((most, target) => Math.max(most, rankOf(target, further) + 1), 0);
    if (way.size === 0) ranks.set(key, rank);
    return rank;
  }
  for (const key of byKey.keys()) rankOf(key, new Set());
  return ranks;
}

/** Tables without relations would all stand in the first column: they go where there is room. */
function placeFor(rank: number, heights: ReadonlyMap<number, number>, total: number): number {
  if (rank > 0) return rank;
  const most = Math.max(1, Math.ceil(Math.sqrt(total)));
  const limit = 900;
  for (let place = 0; place < most; place += 1) if ((heights.get(place) ?? 0) < limit) return place;
  return 0;
}

function linesOf(boxes: readonly Box[]): readonly Line[] {
  const byKey = new Map(boxes.map((box) => [box.key, box]));
  return boxes.flatMap((from) =>
    (from.table.foreignKeys ?? []).flatMap((foreign) => {
      const { schema, table, columns } = foreign.references;
      const to = byKey.get(`${schema}.${table}`);
      if (to === undefined) return [];
      const ends = [rowY(from, foreign.columns[0]), rowY(to, columns[0])] as const;
      return {
        key: `${from.key} ${foreign.name}`,
        from: from.key,
        to: to.key,
        path: curve(from, to, ends),
        words: `${from.key} (${foreign.columns.join(", ")}) refers to ${to.key} (${columns.join(", ")})`,
      };
    }),
  );
}

function rowY(box: Box, column: string | undefined): number {
  const row = drawnColumns(box.table).findIndex(({ name }) => name === column);
  return box.y + (row === -1 ? HEAD / 2 : HEAD + (row + 0.5) * ROW);
}

function curve(from: Box, to: Box, [y1, y2]: readonly [number, number]): string {
  if (from.x > to.x) return bent(from.x, y1, to.x + WIDTH, y2, -1, 1);
  if (from.x < to.x) return bent(from.x + WIDTH, y1, to.x, y2, 1, -1);
  return bent(from.x + WIDTH, y1, to.x + WIDTH, y2, 1, 1);
}

function bent(x1: number, y1: number, x2: number, y2: number, out: number, back: number): string {
  const reach = Math.max(40, Math.abs(x1 - x2) / 2);
  return `M${x1} ${y1}C${x1 + out * reach} ${y1} ${x2 + back * reach} ${y2} ${x2} ${y2}`;
}
