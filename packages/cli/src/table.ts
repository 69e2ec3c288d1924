import type { JsonValue } from "@trestle/protocol";
import type { Terminal } from "./terminal.ts";

const GAP = "  ";
const LEAST = 8;

/** Rows under titles, aligned, no longer than the terminal is wide; figures to the right. */
export function table(
  titles: readonly string[],
  rows: readonly (readonly JsonValue[])[],
  { columns, bold }: Pick<Terminal, "columns" | "bold">,
): string {
  const cells = rows.map((row) => row.map(textOf));
  const widths = titles.map((title, at) =>
    Math.max(title.length, ...cells.map((row) => row[at]?.length ?? 0)),
  );
  shrink(widths, columns);
  const isFigure = titles.map((_, at) => rows.length > 0 && rows.every((row) => isNumber(row[at])));
  const line = (texts: readonly string[]): string =>
    texts
      .map((text, at) => {
        const fit = shorten(text, widths[at] ?? 0);
        return isFigure[at] ? fit.padStart(widths[at] ?? 0) : fit.padEnd(widths[at] ?? 0);
      })
      .join(GAP)
      .trimEnd();
  return [bold(line(titles)), ...cells.map(line)].join("\n");
}

/** Also an amount, a share, and that there is none. */
function isNumber(value: JsonValue | undefined): boolean {
  if (typeof value === "string") return /^(\$\d[\d.]*|\d+ %|\?)?$/.test(value);
  return typeof value === "number" || value === null;
}

/** NULL is shown as such: an empty text looks like nothing. */
function textOf(value: JsonValue): string {
  if (value === null) return "NULL";
  const text = typeof value === "object" ? JSON.stringify(value) : String(value);
  return text.replace(/\s+/g, " ");
}

function shrink(widths: number[], most: number): void {
  for (;;) {
    const total = widths.reduce((sum, width) => sum + width, GAP.length * (widths.length - 1));
    const widest = widths.indexOf(Math.max(...widths));
    if (total <= most || (widths[widest] ?? 0) <= LEAST) return;
    widths[widest] = Math.max(LEAST, (widths[widest] ?? 0) - (total - most));
  }
}

function shorten(text: string, width: number): string {
  return text.length > width ? `${text.slice(0, Math.max(0, width - 1))}…` : text;
}
