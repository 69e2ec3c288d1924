import { isTrestleError } from "@trestle/protocol";
import type { Guard } from "../guard/guard.ts";
import { meansColumn, meansTable, readLists } from "../guard/lists.ts";
import type { TableShape } from "./shape.ts";

type Eyes = Pick<Guard, "checkTable" | "rules">;

/** The table as the operator's rules let a caller know of it. Throws `denied` where it may not be used at all. */
export function visibleShape(guard: Eyes, shape: TableShape): TableShape {
  const { schema, name } = shape;
  guard.checkTable(schema, name);
  const all = shape.columns.map((column) => column.name);
  const denied = all.filter((column) => !isAllowed(guard, schema, name, [column]));
  const masked = all.filter(masksOf(guard, shape));
  const isWhole = (key: readonly string[]) => !key.some((column) => denied.includes(column));
  return {
    ...shape,
    columns: shape.columns.filter((column) => !denied.includes(column.name)),
    primaryKey: isWhole(shape.primaryKey) ? shape.primaryKey : [],
    uniqueKeys: shape.uniqueKeys.filter(isWhole),
    denied,
    masked,
  };
}

export function isAllowed(
  guard: Eyes,
  schema: string,
  table: string,
  columns?: readonly string[],
): boolean {
  try {
    guard.checkTable(schema, table, columns);
    return true;
  } catch (error) {
    if (isTrestleError(error) && error.code === "denied") return false;
    throw error;
  }
}

function masksOf({ rules }: Eyes, { schema, name }: TableShape): (column: string) => boolean {
  const { maskColumns } = readLists({ mode: rules.mode, maskColumns: rules.maskColumns ?? [] });
  const patterns = maskColumns.filter((pattern) => meansTable(pattern, schema, name));
  return (column) => patterns.some((pattern) => meansColumn(pattern, column));
}
