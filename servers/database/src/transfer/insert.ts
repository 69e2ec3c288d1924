import { isTrestleError, TrestleError } from "@trestle/protocol";
import type { Connection } from "../drivers/driver.ts";
import type { SourceRow } from "./decode.ts";
import { columnOf, quoteName, quoteTarget, type Target, type TargetColumn } from "./target.ts";
import { arrayOf, type ToText } from "./texts.ts";

/** What happens to a row whose key is in the table already. */
export interface Conflicts {
  readonly do: "refuse" | "skip" | "update";
  /** The key; the primary key where left out. */
  readonly key?: readonly string[];
}

/** A row that the table did not take. */
export interface Refused {
  readonly row: SourceRow;
  readonly problem: string;
}

export interface Inserter {
  /** Puts rows of one shape in. Rows that the table does not take are given back, the others are in. */
  insert(rows: readonly SourceRow[]): Promise<{ written: number; refused: Refused[] }>;
}

export interface InserterParts {
  readonly connection: Connection;
  readonly target: Target;
  readonly conflicts: Conflicts;
  /** What a value of the file is to its column. */
  readonly toText: ToText;
  /** Called once for every set of columns, before the first row of them goes in. */
  readonly checkColumns: (columns: readonly string[]) => void;
  /** Is one refused row the end? Then the first is searched, and no more. */
  readonly stopAtFirst: boolean;
}

/** One shape of rows: which of their values go where. */
interface Shape {
  readonly sql: string;
  readonly places: readonly { readonly at: number; readonly column: TargetColumn }[];
}

/**
 * Inserts batches by one statement each: a list for every column, unpacked and cast by the server. A
 * batch that fails is halved until the rows that are to blame stand alone.
 */
export function createInserter(parts: InserterParts): Inserter {
  const { connection, target, conflicts, toText, checkColumns, stopAtFirst } = parts;
  const shapes = new Map<readonly string[], Shape>();

  function shapeOf(keys: readonly string[]): Shape {
    const known = shapes.get(keys);
    if (known !== undefined) return known;
    const columns = keys.map((key) => columnOf(target, key));
    const places = columns.flatMap((column, at) => (column.generated ? [] : [{ at, column }]));
    const names = places.map(({ column }) => column.name);
    checkColumns(names);
    const shape = {
      places,
      sql: insertSql(
        target,
        places.map(({ column }) => column),
        conflicts,
      ),
    };
    if (shapes.size >= 1_000) shapes.clear();
    shapes.set(keys, shape);
    return shape;
  }

  async function insert(rows: readonly SourceRow[]) {
    const shape = shapeOf(rows[0]?.keys ?? []);
    const refused: Refused[] = [];
    return { written: await insertSome(shape, rows, refused), refused };
  }

  async function insertSome(
    shape: Shape,
    rows: readonly SourceRow[],
    refused: Refused[],
  ): Promise<number> {
    await connection.run("SAVEPOINT trestle_rows");
    try {
      const { rowCount } = await connection.run(shape.sql, paramsOf(shape, rows, toText));
      await connection.run("RELEASE SAVEPOINT trestle_rows");
      return rowCount ?? 0;
    } catch (error) {
      if (!isTrestleError(error) || !isAboutRows(error)) throw error;
      await connection.run("ROLLBACK TO SAVEPOINT trestle_rows");
      await connection.run("RELEASE SAVEPOINT trestle_rows");
      const [row] = rows;
      if (rows.length > 1) return insertHalves(shape, rows, refused);
      if (row !== undefined) refused.push({ row, problem: error.message });
      return 0;
    }
  }

  async function insertHalves(
    shape: Shape,
    rows: readonly SourceRow[],
    refused: Refused[],
  ): Promise<number> {
    const half = Math.ceil(rows.length / 2);
    const first = await insertSome(shape, rows.slice(0, half), refused);
    if (stopAtFirst && refused.length > 0) return first;
    return first + (await insertSome(shape, rows.slice(half), refused));
  }

  return { insert };
}

function insertSql(target: Target, columns: readonly TargetColumn[], conflicts: Conflicts): string {
  const names = columns.map(({ name }) => quoteName(name));
  const values = columns.map(({ cast }, at) => `u.v${at}::${cast}`);
  const lists = columns.map((_, at) => `$${at + 1}::text[]`);
  const aliases = columns.map((_, at) => `v${at}`);
  if (columns.length === 0)
    throw new TrestleError(
      "invalid_input",
      `No column of ${target.table} can be filled by these rows.`,
    );
  return [
    `INSERT INTO ${quoteTarget(target)} (${names.join(", ")})`,
    columns.some(({ always }) => always) ? "OVERRIDING SYSTEM VALUE" : "",
    `SELECT ${values.join(", ")} FROM unnest(${lists.join(", ")}) AS u(${aliases.join(", ")})`,
    conflictSql(target, columns, conflicts),
  ]
    .filter((part) => part !== "")
    .join(" ");
}

function conflictSql(
  target: Target,
  columns: readonly TargetColumn[],
  conflicts: Conflicts,
): string {
  if (conflicts.do === "refuse") return "";
  const key = conflicts.key ?? target.primaryKey;
  if (key.length === 0 && conflicts.do === "update")
    throw new TrestleError(
      "invalid_input",
      `${target.table} has no primary key: say by conflictColumns which columns tell that a row is there already.`,
    );
  for (const name of key) columnOf(target, name);
  const on = key.length === 0 ? "" : ` (${key.map(quoteName).join(", ")})`;
  const rest = columns.filter(({ name }) => !key.includes(name));
  if (conflicts.do === "skip" || rest.length === 0) return `ON CONFLICT${on} DO NOTHING`;
  const sets = rest.map(({ name }) => `${quoteName(name)} = EXCLUDED.${quoteName(name)}`);
  return `ON CONFLICT${on} DO UPDATE SET ${sets.join(", ")}`;
}

/** For each column the list of its values, as the text of a Postgres array. */
function paramsOf({ places }: Shape, rows: readonly SourceRow[], toText: ToText): string[] {
  return places.map(({ at, column }) => {
    const cells = rows.map(({ values }) => toText(values[at] ?? null, column));
    return arrayOf(cells);
  });
}

/** Is it the value of some row that the server refuses, and not the statement or the server's state? */
function isAboutRows(error: TrestleError): boolean {
  const state = String(error.details?.sqlState ?? "");
  // Row security refuses single rows by the code that missing rights have too.
  if (state === "42501") return error.message.includes("row-level security");
  return ["21", "22", "23", "44", "54", "P0"].includes(state.slice(0, 2)) || state === "42804";
}
