import { styleText } from "node:util";
import type { JsonValue } from "@trestle/protocol";
import type { Terminal } from "./terminal.ts";

/** How things look on a terminal. */

const DEFAULT_COLUMNS = 100;
const COLUMNS = { least: 60, most: 120 };

export interface Paper {
  readonly columns: number;
  /** Colours, where a person looks and does not mind. */
  paint(style: "red" | "green" | "yellow" | "dim" | "bold", text: string): string;
}

export function paperOf(
  { output }: Terminal,
  env: Readonly<Record<string, string | undefined>>,
): Paper {
  const isColoured = output.isTTY === true && !env.NO_COLOR && env.TERM !== "dumb";
  const columns = output.columns ?? DEFAULT_COLUMNS;
  return {
    columns: Math.min(Math.max(columns, COLUMNS.least), COLUMNS.most),
    paint: (style, text) => (isColoured ? styleText(style, text, { validateStream: false }) : text),
  };
}

export interface Cell {
  readonly text: string;
  readonly style?: Parameters<Paper["paint"]>[0];
}

export interface Column {
  readonly title: string;
  readonly align?: "right";
  /** Gives way where the row is too long for the terminal. */
  readonly flexible?: boolean;
}

const GAP = "  ";

/** Rows under titles, aligned, no longer than the terminal is wide. */
export function table(
  columns: readonly Column[],
  rows: readonly (readonly (Cell | string)[])[],
  paper: Paper,
): string {
  const cells = rows.map((row) =>
    row.map((cell) => (typeof cell === "string" ? { text: cell } : cell)),
  );
  const widths = columns.map(({ title }, index) =>
    Math.max(title.length, ...cells.map((row) => row[index]?.text.length ?? 0)),
  );
  shrink(widths, columns, paper.columns);
  const line = (row: readonly Cell[]): string =>
    columns
      .map(({ align }, index) => {
        const { text = "", style } = row[index] ?? {};
        const width = widths[index] ?? 0;
        const fit = shorten(text, width);
        const padded = align === "right" ? fit.padStart(width) : fit.padEnd(width);
        return style === undefined ? padded : paper.paint(style, padded);
      })
      .join(GAP)
      .trimEnd();
  const head = columns.map(({ title }) => ({ text: title, style: "dim" as const }));
  return [head, ...cells].map(line).join("\n");
}

function shrink(widths: number[], columns: readonly Column[], most: number): void {
  const least = 12;
  for (;;) {
    const total = widths.reduce((sum, width) => sum + width, GAP.length * (widths.length - 1));
    const widest = columns
      .map(({ flexible }, index) => (flexible ? index : -1))
      .filter((index) => index >= 0 && (widths[index] ?? 0) > least)
      .sort((a, b) => (widths[b] ?? 0) - (widths[a] ?? 0))[0];
    if (total <= most || widest === undefined) return;
    widths[widest] = (widths[widest] ?? 0) - 1;
  }
}

function shorten(text: string, width: number): string {
  const line = text.replace(/\s+/g, " ");
  return line.length > width ? `${line.slice(0, Math.max(0, width - 1))}…` : line;
}

/** The words of a text in lines that are no longer than that, where no word is. */
export function wrap(text: string, width: number): string[] {
  const lines: string[] = [];
  for (const word of text.split(/\s+/)) {
    const line = lines.at(-1);
    if (line === undefined || line.length + 1 + word.length > width) lines.push(word);
    else lines[lines.length - 1] = `${line} ${word}`;
  }
  return lines;
}

const SPANS: readonly (readonly [unit: string, ms: number])[] = [
  ["d", 86_400_000],
  ["h", 3_600_000],
  ["m", 60_000],
  ["s", 1_000],
];

/** `12 s ago` of an ISO time. */
export function ago(iso: JsonValue | undefined, now: number): string {
  const time = Date.parse(String(iso));
  if (!Number.isFinite(time)) return "";
  const past = now - time;
  if (past < -999) return `in ${span(-past)}`;
  return past < 1_000 ? "just now" : `${span(past)} ago`;
}

/** `3d`, `5h`, `12m`, `40s`. */
export function span(ms: number): string {
  const [unit, size] = SPANS.find(([, each]) => ms >= each) ?? ["s", 1_000];
  return `${Math.floor(ms / size)}${unit}`;
}

/** `0.4 ms`, `12 ms`, `1.3 s`, `2m 5s`. */
export function duration(ms: JsonValue | undefined): string {
  if (typeof ms !== "number") return "";
  if (ms < 10) return `${ms.toFixed(1)} ms`;
  if (ms < 1_000) return `${Math.round(ms)} ms`;
  if (ms < 60_000) return `${(ms / 1_000).toFixed(1)} s`;
  return `${Math.floor(ms / 60_000)}m ${Math.floor((ms % 60_000) / 1_000)}s`;
}

export function bytes(count: JsonValue | undefined): string {
  if (typeof count !== "number") return "";
  const units = ["B", "KiB", "MiB", "GiB"];
  const power = count < 1 ? 0 : Math.min(3, Math.floor(Math.log(count) / Math.log(1024)));
  return `${power === 0 ? count : (count / 1024 ** power).toFixed(1)} ${units[power]}`;
}

export function percent(share: JsonValue | undefined): string {
  return typeof share === "number" ? `${Math.round(share * 1000) / 10} %` : "";
}
