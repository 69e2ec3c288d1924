import { nearestName, TrestleError } from "@trestle/protocol";

/** What is known of a type, domains looked through to what they are made of. */
export interface TypeShape {
  /** As `pg_type` calls it: `int4`, `timestamptz`, `jsonb`; of an array, its elements' name. */
  readonly base: string;
  /** Postgres' own category of it (of an array: of its elements): N numbers, S texts, D dates, B, E, R … */
  readonly category: string;
  readonly isArray: boolean;
  /** The words of an enum. */
  readonly labels?: readonly string[] | null;
  /** The type's modifier, as the catalog writes it; below 0 where it has none. */
  readonly modifier: number;
}

export interface ColumnShape extends TypeShape {
  readonly name: string;
  /** As SQL spells it, with modifiers: `character varying(80)`. */
  readonly type: string;
  readonly nullable: boolean;
  /** Postgres computes it, and takes no value for it. */
  readonly generated: boolean;
}

/** A table or view as statements about it need to know it. */
export interface TableShape {
  readonly schema: string;
  readonly name: string;
  readonly columns: readonly ColumnShape[];
  readonly primaryKey: readonly string[];
  /** Columns of each unique index that a conflict can be found by, the primary key among them. */
  readonly uniqueKeys: readonly (readonly string[])[];
  /** Columns that the operator's rules keep from callers; among `columns` they are not. */
  readonly denied?: readonly string[];
  /** Columns whose values come back masked: no condition may find out what they hold. */
  readonly masked?: readonly string[];
}

/** What Postgres keeps of a name; it drops the rest without a word, which would be another name. */
const MAX_NAME_BYTES = 63;

/** Refuses what no name can be, before anything is done with it. */
export function checkName(name: string, what: string): void {
  const bytes = Buffer.byteLength(name);
  if (name !== "" && bytes <= MAX_NAME_BYTES && !name.includes("\0") && name.isWellFormed()) return;
  const shown = JSON.stringify(name.length > 40 ? `${name.slice(0, 40)}…` : name);
  throw new TrestleError(
    "invalid_input",
    `${what}: ${shown} can be no name: Postgres' names have 1 to ${MAX_NAME_BYTES} bytes.`,
  );
}

/** The column of that very name. Throws `invalid_input` with the nearest one; `field` is where it was named. */
export function findColumn(table: TableShape, name: string, field: string): ColumnShape {
  const found = table.columns.find((column) => column.name === name);
  if (found) return found;
  checkName(name, field);
  if (table.denied?.includes(name))
    throw new TrestleError(
      "denied",
      `${field}: the column ${table.name}.${name} may not be used here (DATABASE_DENY_COLUMNS).`,
    );
  const names = table.columns.map((column) => column.name);
  const nearest = nearestName(name, names);
  const isSql = /[^\p{L}\p{N}_$]/u.test(name);
  const hint = nearest
    ? `Did you mean "${nearest}"?`
    : `${isSql ? "Names of columns are read here, no SQL. " : ""}Columns: ${names.slice(0, 30).join(", ")}${names.length > 30 ? " …" : ""}.`;
  throw new TrestleError(
    "invalid_input",
    `${field}: ${table.schema}.${table.name} has no column "${name}". ${hint}`,
    { details: { field, ...(nearest ? { similar: [nearest] } : {}) } },
  );
}

/** The same, for whatever tells of the values themselves: conditions, orders, groups, figures. */
export function findCompared(table: TableShape, name: string, field: string): ColumnShape {
  const column = findColumn(table, name, field);
  if (!table.masked?.includes(column.name)) return column;
  throw new TrestleError(
    "denied",
    `${field}: the values of ${table.name}.${name} are masked (DATABASE_MASK_COLUMNS), so nothing may be compared with them, sorted or counted by them.`,
  );
}

/** Names as given, each once; all of them where none are given or `*` is among them. */
export function listColumns(
  table: TableShape,
  names: readonly string[] | undefined,
  field: string,
): string[] {
  const all = table.columns.map((column) => column.name);
  if (!names || (names.includes("*") && !all.includes("*"))) return all;
  return [...new Set(names.map((name, at) => findColumn(table, name, `${field}[${at}]`).name))];
}

export function invalid(field: string, message: string): TrestleError {
  return new TrestleError("invalid_input", `${field}: ${message}`, { details: { field } });
}
