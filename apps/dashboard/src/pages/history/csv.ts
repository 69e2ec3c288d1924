import type { HistoryRow } from "../../api/generated.ts";

const COLUMNS = [
  "execution_id",
  "started_at",
  "server",
  "tool",
  "principal",
  "outcome",
  "duration_ms",
  "attempts",
  "retry_count",
  "cached",
  "fallback_used",
  "cost",
] as const;

/** A table as spreadsheets read it. */
export function toCsv(rows: readonly HistoryRow[]): string {
  const lines = rows.map((row) => [
    ...COLUMNS.map((name) => row[name]),
    row.error?.code,
    row.error?.message,
  ]);
  return [[...COLUMNS, "error_code", "error_message"], ...lines]
    .map((line) => `${line.map(cell).join(",")}\r\n`)
    .join("");
}

/** What begins like a formula would be one, whoever wrote it. */
const FORMULA = /^[=+\-@\t\r]/;

function cell(value: unknown): string {
  const text = value === undefined || value === null ? "" : String(value);
  const safe = typeof value === "string" && FORMULA.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}
