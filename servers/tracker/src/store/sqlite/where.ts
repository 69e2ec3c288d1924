import type { SqlValue } from "@trestle/store";

/** Conditions of a query, each with its values. */
export interface Where {
  /** Adds nothing where the value is undefined. */
  and(condition: string, ...values: readonly (SqlValue | undefined)[]): Where;
  /** Adds nothing where there are none to choose from. */
  andOneOf(column: string, values: readonly string[] | undefined): Where;
  readonly sql: string;
  readonly values: readonly SqlValue[];
}

export function createWhere(): Where {
  const conditions: string[] = [];
  const values: SqlValue[] = [];
  const where: Where = {
    and(condition, ...given) {
      if (given.some((value) => value === undefined)) return where;
      conditions.push(condition);
      values.push(...(given as SqlValue[]));
      return where;
    },
    andOneOf(column, choices) {
      if (choices === undefined) return where;
      return where.and(`${column} IN (SELECT value FROM json_each(?))`, JSON.stringify(choices));
    },
    get sql() {
      return conditions.length === 0 ? "" : `WHERE ${conditions.join(" AND ")}`;
    },
    values,
  };
  return where;
}
