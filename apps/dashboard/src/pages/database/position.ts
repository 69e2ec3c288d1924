/** Where in a statement Postgres found what is wrong. */
export interface Place {
  readonly line: number;
  readonly column: number;
  /** The line itself. */
  readonly text: string;
}

/** Reads "(at character 37)" of a message; characters are counted from 1, as Postgres does. */
export function placeOf(message: string, sql: string): Place | undefined {
  const [, digits] = /\(at character (\d+)\)/.exec(message) ?? [];
  if (digits === undefined) return undefined;
  // Postgres counts characters, JavaScript halves of them.
  const before = Array.from(sql).slice(0, Number(digits) - 1);
  const lines = before.join("").split("\n");
  const line = lines.length;
  const text = sql.split("\n")[line - 1] ?? "";
  return { line, column: Array.from(lines.at(-1) ?? "").length + 1, text };
}
