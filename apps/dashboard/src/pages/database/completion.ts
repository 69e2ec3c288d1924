import type { TableEntry } from "./shapes.ts";

/** Tables with their columns, as CodeMirror's SQL completes them: with their schema, and bare where that is public. */
export function completionsOf(tables: readonly TableEntry[]): Record<string, string[]> {
  return Object.fromEntries(
    tables.map(({ schema, name, columns = [] }) => [
      schema === "public" ? name : `${schema}.${name}`,
      columns.map(nameOf),
    ]),
  );
}

/** Of `"placed at" timestamp` the name alone, quoted as it was. */
export function nameOf(column: string): string {
  return /^("(?:[^"]|"")*"|\S+)/.exec(column)?.[1] ?? column;
}

/** A value of a row as a cell shows it; nothing at all is said in words. */
export function cellOf(value: unknown): string {
  if (value === null || value === undefined) return "null";
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}
