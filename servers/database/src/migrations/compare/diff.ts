import type { ColumnShape, NamedDefinition, SchemaShape, TableShape } from "./shape.ts";

export type ObjectKind =
  | "enum"
  | "domain"
  | "sequence"
  | "function"
  | "table"
  | "column"
  | "constraint"
  | "index"
  | "trigger"
  | "policy"
  | "row security"
  | "view";

/** One thing that is not the same on both sides. */
export interface Difference {
  readonly object: ObjectKind;
  /** `guest`, `guest.name`. */
  readonly name: string;
  /** Seen from the first side: `added` is only in the second, `removed` only in the first. */
  readonly change: "added" | "removed" | "changed";
  /** What it is on the first side. */
  readonly from?: string;
  /** What it is on the second side. */
  readonly to?: string;
}

/** All that differs, in the order in which people look: types, tables with their parts, views, code. */
export function diffShapes(from: SchemaShape, to: SchemaShape): Difference[] {
  const enums = (shape: SchemaShape) =>
    shape.enums.map(({ name, values }) => ({ name, definition: values.join(", ") }));
  const sequences = (shape: SchemaShape) =>
    shape.sequences.map(({ name, definition, owner }) => ({
      name,
      definition: owner === null ? definition : `${definition} OWNED BY ${owner}`,
    }));
  return [
    ...diffNamed("enum", enums(from), enums(to)),
    ...diffNamed("domain", from.domains, to.domains),
    ...diffNamed("sequence", sequences(from), sequences(to)),
    ...diffTables(from.tables, to.tables),
    ...diffNamed("view", from.views, to.views),
    ...diffNamed("function", from.functions, to.functions),
  ];
}

function diffTables(from: readonly TableShape[], to: readonly TableShape[]): Difference[] {
  const before = byName(from);
  const differences = diffNamed("table", from.map(asDefinition), to.map(asDefinition));
  const both = to.flatMap((table) => {
    const old = before.get(table.name);
    return old === undefined ? [] : diffParts(old, table);
  });
  // What a new or a lost table is made of is told by the table.
  return [...differences, ...both];
}

function diffParts(from: TableShape, to: TableShape): Difference[] {
  const { name } = to;
  const columns = (table: TableShape) =>
    table.columns.map((column) => ({ name: column.name, definition: describeColumn(column) }));
  const security = ({ rowSecurity }: TableShape) => (rowSecurity ? "on" : "off");
  return [
    ...diffNamed("column", columns(from), columns(to), name),
    ...diffNamed("constraint", from.constraints, to.constraints, name),
    ...diffNamed("index", from.indexes, to.indexes, name),
    ...diffNamed("trigger", from.triggers, to.triggers, name),
    ...diffNamed("policy", from.policies, to.policies, name),
    ...(from.rowSecurity === to.rowSecurity
      ? []
      : [
          {
            ...{ object: "row security" as const, name, change: "changed" as const },
            ...{ from: security(from), to: security(to) },
          },
        ]),
  ];
}

/** A table is the same table whatever its columns: only its kind and how it is cut count here. */
function asDefinition({ name, kind, partition }: TableShape): NamedDefinition {
  return { name, definition: partition === null ? kind : `${kind} ${partition}` };
}

export function describeColumn({
  type,
  nullable,
  generated,
  identity,
  ...column
}: ColumnShape): string {
  return [
    type,
    ...(column.default === null ? [] : [`DEFAULT ${column.default}`]),
    ...(generated === null ? [] : [`GENERATED ALWAYS AS (${generated}) STORED`]),
    ...(identity === null ? [] : [`GENERATED ${identity.toUpperCase()} AS IDENTITY`]),
    ...(nullable ? [] : ["NOT NULL"]),
  ].join(" ");
}

function diffNamed(
  object: ObjectKind,
  from: readonly NamedDefinition[],
  to: readonly NamedDefinition[],
  within?: string,
): Difference[] {
  const [before, after] = [byName(from), byName(to)];
  const names = [...new Set([...before.keys(), ...after.keys()])];
  return names.flatMap((each): Difference[] => {
    const [old, now] = [before.get(each)?.definition, after.get(each)?.definition];
    if (old === now) return [];
    const name = within === undefined ? each : `${within}.${each}`;
    if (old === undefined) return [{ object, name, change: "added", to: now ?? "" }];
    if (now === undefined) return [{ object, name, change: "removed", from: old }];
    return [{ object, name, change: "changed", from: old, to: now }];
  });
}

export function byName<Item extends { readonly name: string }>(
  list: readonly Item[],
): ReadonlyMap<string, Item> {
  return new Map(list.map((item) => [item.name, item]));
}

const SIGNS = { added: "+", removed: "-", changed: "~" } as const;

/** One line each, and two more where both sides have it. */
export function toText(differences: readonly Difference[]): string {
  if (differences.length === 0) return "The schemas are the same.";
  return differences
    .flatMap(({ object, name, change, from, to }) => {
      const head = `${SIGNS[change]} ${object} ${name}`;
      if (change === "changed")
        return [head, `    from: ${oneLine(from)}`, `    to:   ${oneLine(to)}`];
      return [`${head}: ${oneLine(to ?? from)}`];
    })
    .join("\n");
}

function oneLine(text = ""): string {
  const line = text.replace(/\s+/g, " ").trim();
  return line.length > 300 ? `${line.slice(0, 299)}…` : line;
}
