import type { TableEntry } from "./shapes.ts";

export interface Wanted {
  readonly schema: string;
  /** Letters of the name or a column. */
  readonly find: string;
}

/** The tables that fit: those whose name has the letters before those with such a column. */
export function fitting(tables: readonly TableEntry[], { schema, find }: Wanted): TableEntry[] {
  const letters = find.trim().toLowerCase();
  const inSchema = tables.filter((table) => schema === "" || table.schema === schema);
  if (letters === "") return inSchema;
  const byName = inSchema.filter(({ name }) => name.toLowerCase().includes(letters));
  const byColumn = inSchema.filter(
    (table) =>
      !byName.includes(table) &&
      (table.columns ?? []).some((column) => column.toLowerCase().includes(letters)),
  );
  return [...byName, ...byColumn];
}

/** Each schema with how many tables it has, as a list to choose from. */
export function schemasOf(tables: readonly TableEntry[]) {
  const counts = new Map<string, number>();
  for (const { schema } of tables) counts.set(schema, (counts.get(schema) ?? 0) + 1);
  return [...counts]
    .sort(([a], [b]) => a.localeCompare(b))
    .map(([schema, many]) => ({ value: schema, label: `${schema} (${many})` }));
}
