import type { Answer } from "../drivers/driver.ts";
import { type Catalog, kinOf } from "./catalog.ts";
import type { GuardRules } from "./guard.ts";
import { meansColumn, meansTable, readLists } from "./lists.ts";

/** What stands for a masked value; that a value is null stays visible. */
export const MASK = "***";

/** Below it are the oids of Postgres' own relations, which hold no rows of people. */
const FIRST_USER_OID = 16_384;

/**
 * Which fields of an answer have to be masked, by the tables that they come from: the guard lets masked
 * columns through only where a field is the column as it is. A field of a table that the catalog does not
 * know is masked too. The catalog has to be as new as the answer.
 */
export function maskedFields(
  rules: Pick<GuardRules, "mode" | "maskColumns">,
  catalog: Catalog,
  fields: Answer["fields"],
): boolean[] {
  const { maskColumns } = readLists({ mode: rules.mode, maskColumns: rules.maskColumns ?? [] });
  return fields.map(({ tableID, columnID }) => {
    if (maskColumns.length === 0 || tableID < FIRST_USER_OID || columnID < 0) return false;
    const relation = catalog.relations.find(({ oid }) => oid === tableID);
    const column = relation?.columns.find(({ number }) => number === columnID);
    if (!relation || !column) return true;
    return kinOf(catalog, relation).some(({ schema, name }) =>
      maskColumns.some((one) => meansTable(one, schema, name) && meansColumn(one, column.name)),
    );
  });
}

/** The rows with what has to be masked replaced. Values longer or shorter come back alike. */
export function maskRows(
  rows: readonly (readonly (string | null)[])[],
  masked: readonly boolean[],
): (string | null)[][] {
  return rows.map((row) => row.map((value, at) => (value !== null && masked[at] ? MASK : value)));
}
