import { isTrestleError, matchesGlob } from "@trestle/protocol";
import type { Guard } from "../guard/guard.ts";
import { readLists } from "../guard/lists.ts";

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

/** They tell of the structure, and are always at hand. */
const SYSTEM = /^(pg_catalog|information_schema)$/;

const NAMES = ["allowSchemas", "denySchemas", "allowTables", "denyTables", "denyColumns"] as const;

/** The eyes of one question: what the guard said of a table is remembered, as lists ask it of every column. */
export function visibilityOf(guard: Guard): Visibility {
  const lists = readLists(guard.rules);
  if (NAMES.every((list) => lists[list].length === 0)) return EVERYTHING;
  const known = new Map<string, boolean>();

  function isAllowed(schema: string, table: string, columns?: readonly string[]): boolean {
    const key = JSON.stringify([schema, table, columns]);
    const before = known.get(key);
    if (before !== undefined) return before;
    const now = passes(() => guard.checkTable(schema, table, columns));
    known.set(key, now);
    return now;
  }

  function isListed(list: "allowSchemas" | "denySchemas", schema: string): boolean {
    return lists[list].some((pattern) => matchesGlob(pattern.schema ?? "", schema.toLowerCase()));
  }

  return {
    restricted: true,
    schema: (schema) =>
      !isListed("denySchemas", schema) &&
      (lists.allowSchemas.length === 0 || SYSTEM.test(schema) || isListed("allowSchemas", schema)),
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
