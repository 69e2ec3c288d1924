import { nearestName } from "@trestle/protocol";
import type { Catalog, CatalogRelation } from "./catalog.ts";
import type { GuardRules } from "./guard.ts";
import {
  type ListName,
  type Lists,
  meansColumn,
  meansTable,
  type Pattern,
  readLists,
  SETTINGS,
} from "./lists.ts";

/** Something that an operator should look at before trusting the lists. */
export interface RuleProblem {
  /** The environment name of the setting. */
  readonly setting: string;
  readonly entry: string;
  /** A sentence that says what is wrong, and what was probably meant. */
  readonly problem: string;
}

/**
 * Compares the lists with what the database has: an entry that names nothing is probably misspelt and guards
 * nothing, and a view may show what is guarded. Throws `invalid_config` for an entry that is no name.
 */
export function checkRules(rules: GuardRules, catalog: Catalog): RuleProblem[] {
  const lists = readLists(rules);
  const problems: RuleProblem[] = [];
  for (const [list, patterns] of Object.entries(lists) as [ListName, readonly Pattern[]][])
    for (const pattern of patterns) {
      const report = (problem: string) =>
        problems.push({ setting: SETTINGS[list], entry: pattern.entry, problem });
      if (!catalog.relations.some((one) => means(pattern, one)))
        report(`It names nothing that is there${suggestion(pattern, catalog)}.`);
      else if (list !== "allowSchemas" && list !== "allowTables")
        for (const view of viewsOver(pattern, catalog, lists))
          report(`The view ${view.schema}.${view.name} shows it; name the view too, or drop it.`);
    }
  return problems;
}

function means(pattern: Pattern, { schema, name, columns }: CatalogRelation): boolean {
  if (!meansTable(pattern, schema, name)) return false;
  return (
    pattern.column === undefined || columns.some((column) => meansColumn(pattern, column.name))
  );
}

function suggestion({ schema, table, column }: Pattern, { relations }: Catalog): string {
  const wanted = column === undefined ? `${schema ?? ""}.${table}` : `${table}.${column}`;
  const known = relations.flatMap((one) =>
    column === undefined
      ? [`${schema === undefined ? "" : one.schema}.${one.name}`]
      : one.columns.map(({ name }) => `${one.name}.${name}`),
  );
  if (wanted.endsWith(".*")) {
    const near = nearestName(schema ?? "", [...new Set(relations.map((one) => one.schema))]);
    return near === undefined ? "" : `; did you mean ${near}`;
  }
  const near = nearestName(wanted, known);
  return near === undefined ? "" : `; did you mean ${near.replace(/^\./, "")}`;
}

/** Views made of what the pattern means, through other views too, and not meant by a list of the same kind. */
function viewsOver(pattern: Pattern, { relations }: Catalog, lists: Lists): CatalogRelation[] {
  const guarded = [
    ...lists.denySchemas,
    ...lists.denyTables,
    ...lists.denyColumns,
    ...lists.maskColumns,
  ];
  const reached = new Set(relations.filter((one) => means(pattern, one)).map(({ oid }) => oid));
  const views: CatalogRelation[] = [];
  for (let before = -1; before !== reached.size; ) {
    before = reached.size;
    for (const view of relations) {
      if (!view.isView || reached.has(view.oid)) continue;
      if (!view.uses.some((use) => uses(use, pattern, relations, reached))) continue;
      reached.add(view.oid);
      if (!guarded.some((one) => means(one, view))) views.push(view);
    }
  }
  return views;
}

function uses(
  { oid, number }: CatalogRelation["uses"][number],
  pattern: Pattern,
  relations: readonly CatalogRelation[],
  reached: ReadonlySet<number>,
): boolean {
  if (!reached.has(oid)) return false;
  const used = relations.find((one) => one.oid === oid);
  const column = used?.columns.find((one) => one.number === number);
  // Of a view in between nobody knows which of its columns it is.
  if (pattern.column === undefined || !column || !used || used.isView) return true;
  return meansColumn(pattern, column.name);
}
