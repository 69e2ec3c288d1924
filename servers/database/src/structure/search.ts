import { type Asking, askJson, type Catalog } from "./catalog.ts";
import { SEARCH } from "./search-query.ts";
import { EVERYTHING, type Visibility } from "./visibility.ts";

export const OBJECT_KINDS = ["schema", "table", "column", "index", "function", "type"] as const;
export type ObjectKind = (typeof OBJECT_KINDS)[number];

export interface FoundObject {
  /** Views are found as tables, and said to be views. */
  readonly kind: string;
  readonly schema: string;
  /** Of a column or an index. */
  readonly table?: string;
  readonly name: string;
  readonly comment: string | null;
  /** Type of a column, signature of a function, `CREATE INDEX` of an index, values of an enum. */
  readonly definition: string | null;
}

export interface SearchOptions extends Asking {
  readonly kinds?: readonly ObjectKind[];
  readonly schema?: string;
  readonly limit?: number;
  readonly offset?: number;
  readonly visible?: Visibility;
}

export interface SearchResult {
  readonly objects: FoundObject[];
  readonly total: number;
}

interface Row {
  readonly family: ObjectKind;
  readonly kind: string;
  readonly schema: string;
  readonly table: string | null;
  readonly own: string;
  readonly comment: string | null;
  readonly definition: string | null;
  readonly uses: string[] | null;
}

/**
 * Finds what is called so, or says so in its comment: words in any order, each of which has to fit; `*` stands
 * for any characters. The best first: the whole name, its beginning, a part of it, the comment.
 */
export async function searchObjects(
  catalog: Catalog,
  words: string,
  options: SearchOptions = {},
): Promise<SearchResult> {
  const { kinds, schema, limit = 50, offset = 0, visible = EVERYTHING, signal } = options;
  const patterns = words.split(/\s+/).filter(Boolean).map(toPattern);
  const params = [
    JSON.stringify(patterns.length > 0 ? patterns : ["%"]),
    kinds ? JSON.stringify(kinds) : null,
    schema ?? null,
  ];
  const rows = (await askJson<Row[]>(catalog, SEARCH, params, signal ? { signal } : {})) ?? [];
  const seen = rows.filter((row) => isShown(row, visible));
  const wanted = words.trim().toLowerCase();
  const sorted = seen.toSorted((a, b) => rankOf(a, wanted) - rankOf(b, wanted) || compare(a, b));
  return { objects: sorted.slice(offset, offset + limit).map(toFound), total: seen.length };
}

/** As ILIKE has it: whatever is not a star stands for itself. */
function toPattern(word: string): string {
  return `%${word.replaceAll(/[\\%_]/g, "\\$&").replaceAll("*", "%")}%`;
}

function isShown({ family, schema, table, own, uses }: Row, visible: Visibility): boolean {
  if (!visible.schema(schema)) return false;
  if (table === null) return true;
  const columns = family === "column" ? [own] : (uses ?? []);
  return (
    visible.table(schema, table) && columns.every((name) => visible.column(schema, table, name))
  );
}

const FAMILIES = new Map(OBJECT_KINDS.map((kind, index) => [kind, index]));

function rankOf({ own, family }: Row, wanted: string): number {
  const name = own.toLowerCase();
  const fit = name === wanted ? 0 : name.startsWith(wanted) ? 1 : name.includes(wanted) ? 2 : 3;
  return fit * 10 + (FAMILIES.get(family) ?? 0);
}

function compare(a: Row, b: Row): number {
  const [left, right] = [a, b].map(({ schema, table, own }) => `${schema}\0${table}\0${own}`);
  return (left ?? "") < (right ?? "") ? -1 : 1;
}

function toFound({ family, kind, schema, table, own, comment, definition }: Row): FoundObject {
  const inTable = family === "column" || family === "index";
  return {
    kind,
    schema,
    ...(inTable && table !== null ? { table } : {}),
    name: own,
    comment,
    definition,
  };
}
