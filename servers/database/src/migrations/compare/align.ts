import { quoteName } from "../../transfer/target.ts";
import { byName, describeColumn } from "./diff.ts";
import type { ColumnShape, NamedDefinition, SchemaShape, TableShape } from "./shape.ts";

/** What turns the first schema into the second. */
export interface Alignment {
  /** In an order that works; names without schema, for a search path that begins with it. */
  readonly statements: readonly string[];
  /** What no plain statement does, and a person has to decide. */
  readonly byHand: readonly string[];
}

/** Statements by when they have to run. */
type Plan = Record<
  | "loosen"
  | "types"
  | "code"
  | "tables"
  | "columns"
  | "constraints"
  | "keys"
  | "after"
  | "drop"
  | "dropTypes",
  string[]
> & { byHand: string[] };

/** The SQL that makes `from` what `to` is, as far as plain statements can. It may destroy data: look at it. */
export function alignShapes(from: SchemaShape, to: SchemaShape): Alignment {
  const plan: Plan = {
    ...{ loosen: [], types: [], code: [], tables: [], columns: [], constraints: [] },
    ...{ keys: [], after: [], drop: [], dropTypes: [], byHand: [] },
  };
  alignEnums(plan, from, to);
  alignDomains(plan, from, to);
  alignSequences(plan, from, to);
  alignFunctions(plan, from, to);
  alignTables(plan, from, to);
  alignViews(plan, from, to);
  const {
    byHand,
    loosen,
    types,
    code,
    tables,
    columns,
    constraints,
    keys,
    after,
    drop,
    dropTypes,
  } = plan;
  const checks = code.length > 0 ? ["SET LOCAL check_function_bodies = off"] : [];
  const statements = [
    ...[...loosen, ...types, ...checks, ...code, ...tables, ...columns],
    ...[...constraints, ...keys, ...after, ...drop, ...dropTypes.toReversed()],
  ];
  return { statements: statements.map((sql) => `${sql.trim().replace(/;$/, "")};`), byHand };
}

function alignEnums(plan: Plan, from: SchemaShape, to: SchemaShape): void {
  const { added, removed, both } = sides(from.enums, to.enums);
  const literal = (value: string): string => `'${value.replaceAll("'", "''")}'`;
  for (const { name, values } of added)
    plan.types.push(`CREATE TYPE ${quoteName(name)} AS ENUM (${values.map(literal).join(", ")})`);
  for (const { name } of removed) plan.dropTypes.push(`DROP TYPE ${quoteName(name)}`);
  for (const [old, now] of both) {
    const kept = now.values.filter((value) => old.values.includes(value));
    if (kept.join("\0") !== old.values.join("\0"))
      plan.byHand.push(`Enum ${now.name}: values were taken out or moved, which needs a new type.`);
    else
      for (const [at, value] of now.values.entries()) {
        if (old.values.includes(value)) continue;
        const before = now.values[at - 1];
        const place =
          before === undefined
            ? ` BEFORE ${literal(old.values[0] ?? "")}`
            : ` AFTER ${literal(before)}`;
        plan.types.push(
          `ALTER TYPE ${quoteName(now.name)} ADD VALUE ${literal(value)}${old.values.length > 0 ? place : ""}`,
        );
      }
  }
}

function alignDomains(plan: Plan, from: SchemaShape, to: SchemaShape): void {
  const { added, removed, both } = sides(from.domains, to.domains);
  plan.types.push(...added.map(({ definition }) => definition));
  for (const { name } of removed) plan.dropTypes.push(`DROP DOMAIN ${quoteName(name)}`);
  for (const [old, now] of both)
    if (old.definition !== now.definition)
      plan.byHand.push(`Domain ${now.name}: alter it to ${now.definition}`);
}

function alignSequences(plan: Plan, from: SchemaShape, to: SchemaShape): void {
  const { added, removed, both } = sides(from.sequences, to.sequences);
  for (const { name, definition, owner } of added) {
    plan.types.push(definition);
    if (owner !== null) plan.keys.push(`ALTER SEQUENCE ${quoteName(name)} OWNED BY ${owner}`);
  }
  // One that belongs to a column ends with it.
  for (const { name } of removed) plan.dropTypes.push(`DROP SEQUENCE IF EXISTS ${quoteName(name)}`);
  for (const [old, now] of both) {
    if (old.definition !== now.definition)
      plan.after.push(now.definition.replace(/^CREATE (SEQUENCE \S+)/, "ALTER $1"));
    if (old.owner !== now.owner)
      plan.after.push(`ALTER SEQUENCE ${quoteName(now.name)} OWNED BY ${now.owner ?? "NONE"}`);
  }
}

function alignFunctions(plan: Plan, from: SchemaShape, to: SchemaShape): void {
  const { added, removed, both } = sides(from.functions, to.functions);
  plan.code.push(...added.map(({ definition }) => definition));
  for (const { name, definition } of removed)
    plan.dropTypes.push(`DROP ${isProcedure(definition) ? "PROCEDURE" : "FUNCTION"} ${name}`);
  for (const [old, now] of both)
    if (old.definition !== now.definition) plan.code.push(now.definition);
}

function isProcedure(definition: string): boolean {
  return definition.startsWith("CREATE OR REPLACE PROCEDURE");
}

function alignViews(plan: Plan, from: SchemaShape, to: SchemaShape): void {
  const before = byName(from.views);
  const after = byName(to.views);
  const isKept = ({ name, definition }: NamedDefinition): boolean =>
    after.get(name)?.definition === definition;
  const firstChanged = from.views.findIndex((view) => !isKept(view));
  // Those made later may read those before them: from the first that changes on, all are made anew.
  const dropped = firstChanged < 0 ? [] : from.views.slice(firstChanged);
  const names = new Set(dropped.map(({ name }) => name));
  const drop = ({ name, definition }: NamedDefinition): string =>
    `DROP ${isMaterialized(definition) ? "MATERIALIZED " : ""}VIEW ${quoteName(name)}`;
  plan.loosen.unshift(...dropped.toReversed().map(drop));
  for (const view of to.views)
    if (!before.has(view.name) || names.has(view.name)) plan.after.push(view.definition);
}

function isMaterialized(definition: string): boolean {
  return definition.startsWith("CREATE MATERIALIZED");
}

function alignTables(plan: Plan, from: SchemaShape, to: SchemaShape): void {
  const { added, removed, both } = sides(from.tables, to.tables);
  for (const table of added) createTable(plan, table);
  for (const { name, kind } of removed)
    plan.drop.push(`DROP ${kind === "foreign table" ? "FOREIGN " : ""}TABLE ${quoteName(name)}`);
  for (const [old, now] of both) alignTable(plan, old, now);
}

function createTable(plan: Plan, table: TableShape): void {
  const name = quoteName(table.name);
  if (table.kind !== "table") {
    const part = table.partition === null ? "" : ` (${table.partition})`;
    plan.byHand.push(`${table.name} is a ${table.kind}${part}: make it by hand.`);
    return;
  }
  const columns = table.columns.map(
    (column) => `  ${quoteName(column.name)} ${describeColumn(column)}`,
  );
  plan.tables.push(`CREATE TABLE ${name} (\n${columns.join(",\n")}\n)`);
  addParts(plan, table, [], table);
  if (table.rowSecurity) plan.after.push(`ALTER TABLE ${name} ENABLE ROW LEVEL SECURITY`);
}

function alignTable(plan: Plan, old: TableShape, now: TableShape): void {
  const name = quoteName(now.name);
  if (old.kind !== now.kind || old.partition !== now.partition) {
    plan.byHand.push(
      `${now.name} is a ${old.kind} and should be a ${now.kind}: move its rows by hand.`,
    );
    return;
  }
  dropParts(plan, old, now);
  const { added, removed, both } = sides(old.columns, now.columns);
  for (const column of added)
    plan.columns.push(
      `ALTER TABLE ${name} ADD COLUMN ${quoteName(column.name)} ${describeColumn(column)}`,
    );
  for (const column of removed)
    plan.drop.push(`ALTER TABLE ${name} DROP COLUMN ${quoteName(column.name)}`);
  for (const [before, after] of both) alignColumn(plan, now.name, before, after);
  addParts(plan, now, old.constraints, old);
  if (old.rowSecurity !== now.rowSecurity)
    plan.after.push(
      `ALTER TABLE ${name} ${now.rowSecurity ? "ENABLE" : "DISABLE"} ROW LEVEL SECURITY`,
    );
}

function alignColumn(plan: Plan, table: string, old: ColumnShape, now: ColumnShape): void {
  const alter = (change: string): void =>
    void plan.columns.push(
      `ALTER TABLE ${quoteName(table)} ALTER COLUMN ${quoteName(now.name)} ${change}`,
    );
  if (old.generated !== now.generated) {
    plan.byHand.push(
      `${table}.${now.name}: what it is generated from differs; drop the column and add it again.`,
    );
    return;
  }
  const typeChanges = old.type !== now.type;
  if (old.default !== null && (typeChanges || now.default === null)) alter("DROP DEFAULT");
  if (typeChanges) alter(`TYPE ${now.type} USING ${quoteName(now.name)}::${now.type}`);
  if (now.default !== null && (typeChanges || old.default !== now.default))
    alter(`SET DEFAULT ${now.default}`);
  if (old.nullable !== now.nullable) alter(now.nullable ? "DROP NOT NULL" : "SET NOT NULL");
  if (old.identity === now.identity) return;
  if (now.identity === null) alter("DROP IDENTITY");
  else if (old.identity === null) alter(`ADD GENERATED ${now.identity.toUpperCase()} AS IDENTITY`);
  else alter(`SET GENERATED ${now.identity.toUpperCase()}`);
}

/** What has to go before columns change; foreign keys before the keys that they need. */
function dropParts(plan: Plan, old: TableShape, now: TableShape): void {
  const table = quoteName(old.name);
  for (const { name } of lost(old.triggers, now.triggers))
    plan.loosen.push(`DROP TRIGGER ${quoteName(name)} ON ${table}`);
  for (const { name } of lost(old.policies, now.policies))
    plan.loosen.push(`DROP POLICY ${quoteName(name)} ON ${table}`);
  for (const { name } of lost(old.indexes, now.indexes))
    plan.loosen.push(`DROP INDEX ${quoteName(name)}`);
  for (const { name, kind } of lost(old.constraints, now.constraints)) {
    const sql = `ALTER TABLE ${table} DROP CONSTRAINT ${quoteName(name)}`;
    if (kind === "foreign key") plan.loosen.unshift(sql);
    else plan.loosen.push(sql);
  }
}

function addParts(
  plan: Plan,
  now: TableShape,
  constraints: TableShape["constraints"],
  old: TableShape,
): void {
  const isNew = old === now;
  const table = quoteName(now.name);
  for (const { name, kind, definition } of lost(now.constraints, constraints))
    plan[kind === "foreign key" ? "keys" : "constraints"].push(
      `ALTER TABLE ${table} ADD CONSTRAINT ${quoteName(name)} ${definition}`,
    );
  const made = <Part extends NamedDefinition>(parts: readonly Part[], before: readonly Part[]) =>
    lost(parts, isNew ? [] : before).map(({ definition }) => definition);
  plan.constraints.push(...made(now.indexes, old.indexes));
  plan.after.push(...made(now.triggers, old.triggers), ...made(now.policies, old.policies));
}

/** Those of the first list that the second does not have as they are. */
function lost<Item extends NamedDefinition>(list: readonly Item[], other: readonly Item[]): Item[] {
  const kept = byName(other);
  return list.filter(({ name, definition }) => kept.get(name)?.definition !== definition);
}

function sides<Item extends { readonly name: string }>(from: readonly Item[], to: readonly Item[]) {
  const [before, after] = [byName(from), byName(to)];
  return {
    added: to.filter(({ name }) => !before.has(name)),
    removed: from.filter(({ name }) => !after.has(name)),
    both: to.flatMap((now): [Item, Item][] => {
      const old = before.get(now.name);
      return old === undefined ? [] : [[old, now]];
    }),
  };
}
