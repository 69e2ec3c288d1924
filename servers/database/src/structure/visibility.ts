import { isTrestleError } from "@trestle/protocol";
import type { Guard } from "../guard/guard.ts";

/** What the operator's rules let a caller know of. What is not to be seen is left out, as if it did not exist. */
export interface Visibility {
  /** Is there any rule about names at all? */
  readonly restricted: boolean;
  schema(schema: string): boolean;
  table(schema: string, table: string): boolean;
  column(schema: string, table: string, column: string): boolean;
  /** May a statement, or what defines a view, be shown? Only where it names nothing that is hidden. */
  statement(sql: string): Promise<boolean>;
}

export const EVERYTHING: Visibility = {
  restricted: false,
  schema: () => true,
  table: () => true,
  column: () => true,
  statement: async () => true,
};

/** The eyes of one question: what the guard said of a table is remembered, as lists ask it of every column. */
export function visibilityOf(guard: Guard): Visibility {
  const { rules } = guard;
  const restricted = [
    rules.allowSchemas,
    rules.denySchemas,
    rules.allowTables,
    rules.denyTables,
    rules.denyColumns,
  ].some((list) => (list?.length ?? 0) > 0);
  if (!restricted) return EVERYTHING;
  const known = new Map<string, boolean>();

  function isAllowed(schema: string, table: string, columns?: readonly string[]): boolean {
    const key = JSON.stringify([schema, table, columns]);
    const before = known.get(key);
    if (before !== undefined) return before;
    const now = passes(() => guard.checkTable(schema, table, columns));
    known.set(key, now);
    return now;
  }

  return {
    restricted,
    schema: (schema) =>
      !rules.denySchemas?.includes(schema) &&
      (!rules.allowSchemas?.length || rules.allowSchemas.includes(schema)),
    table: (schema, table) => isAllowed(schema, table),
    column: (schema, table, column) => isAllowed(schema, table, [column]),
    async statement(sql) {
      try {
        await guard.checkRead(sql);
        return true;
      } catch (error) {
        if (isTrestleError(error)) return false;
        throw error;
      }
    },
  };
}

function passes(check: () => void): boolean {
  try {
    check();
    return true;
  } catch (error) {
    if (isTrestleError(error) && error.code === "denied") return false;
    throw error;
  }
}
