import type { RawCell } from "./wire.ts";

/** Longer values are cut, so that one document does not fill a page; `substr()` reads the rest. */
export const MAX_VALUE_LENGTH = 20_000;

/** Collects rows until the page is full: by count, or by bytes once it holds at least one row. */
export interface Page {
  readonly rows: RawCell[][];
  readonly more: boolean;
  /** How many rows to ask for next; 0 when the page is full. */
  wanted(): number;
  add(rows: readonly (readonly (string | null)[])[]): void;
}

const FIRST_BATCH = 16;
const LARGEST_BATCH = 1_000;

export function createPage({ maxRows, maxBytes }: { maxRows: number; maxBytes: number }): Page {
  const rows: RawCell[][] = [];
  let bytes = 0;
  let more = false;

  return {
    rows,
    get more() {
      return more;
    },
    wanted() {
      if (more) return 0;
      // One row beyond the page tells whether there are more.
      const left = maxRows + 1 - rows.length;
      if (rows.length === 0) return Math.min(FIRST_BATCH, left);
      const fitting = Math.ceil((maxBytes - bytes) / Math.max(1, bytes / rows.length)) + 1;
      return Math.min(left, fitting, LARGEST_BATCH);
    },
    add(batch) {
      for (const row of batch) {
        const cells = row.map(cutLong);
        const size = cells.reduce((sum: number, cell) => sum + sizeOf(cell), 0);
        if (rows.length === maxRows || (rows.length > 0 && bytes + size > maxBytes)) {
          more = true;
          return;
        }
        rows.push(cells);
        bytes += size;
      }
    },
  };
}

function cutLong(value: string | null): RawCell {
  if (value === null || value.length <= MAX_VALUE_LENGTH) return value;
  return { start: value.slice(0, MAX_VALUE_LENGTH).toWellFormed(), length: value.length };
}

function sizeOf(cell: RawCell): number {
  if (cell === null) return 4;
  return Buffer.byteLength(typeof cell === "string" ? cell : cell.start) + 3;
}
