import type { Relationship } from "./relationships.ts";
import type { TableSummary } from "./tables.ts";

/** A table in a diagram; its columns stand in it where they are given. */
export type DiagramTable = Pick<TableSummary, "schema" | "name" | "columns">;

/**
 * An entity-relationship diagram in Mermaid. What Mermaid's grammar has no way to write in a name (quotes,
 * spaces, per cent, backslashes) becomes an underscore; two names that become one are told apart by a number.
 */
export function toErDiagram(
  tables: readonly DiagramTable[],
  relationships: readonly Relationship[],
): string {
  const nameOf = createNames(tables, relationships);
  const lines = ["erDiagram"];
  for (const table of tables) lines.push(...entity(table, nameOf, relationships));
  for (const { from, to, unique, optional } of relationships) {
    const ends = `${optional ? "|o" : "||"}--${unique ? "o|" : "o{"}`;
    const label = from.columns.map(toWord).join(", ");
    lines.push(`  ${nameOf(to)} ${ends} ${nameOf(from)} : "${label}"`);
  }
  return `${lines.join("\n")}\n`;
}

interface Named {
  readonly schema: string;
  readonly table: string;
}

/** Entities are called as their tables, with their schemas where there are several. */
function createNames(
  tables: readonly DiagramTable[],
  relationships: readonly Relationship[],
): (named: Named) => string {
  const all = [
    ...tables.map(({ schema, name }) => ({ schema, table: name })),
    ...relationships.flatMap(({ from, to }) => [to, from]),
  ];
  const several = new Set(all.map(({ schema }) => schema)).size > 1;
  const given = new Map<string, string>();
  const taken = new Set<string>();
  const keyOf = ({ schema, table }: Named) => JSON.stringify([schema, table]);
  for (const named of all) {
    if (given.has(keyOf(named))) continue;
    const word = toWord(several ? `${named.schema}.${named.table}` : named.table);
    let name = word;
    for (let count = 2; taken.has(name); count += 1) name = `${word}_${count}`;
    taken.add(name);
    given.set(keyOf(named), `"${name}"`);
  }
  return (named) => given.get(keyOf(named)) ?? "";
}

function entity(
  { schema, name, columns }: DiagramTable,
  nameOf: (named: Named) => string,
  relationships: readonly Relationship[],
): string[] {
  const entityName = nameOf({ schema, table: name });
  if (!columns || columns.length === 0) return [`  ${entityName}`];
  const foreign = new Set(
    relationships
      .filter(({ from }) => from.schema === schema && from.table === name)
      .flatMap(({ from }) => from.columns),
  );
  const lines = columns.map((column) => {
    const keys = [column.key ? "PK" : "", foreign.has(column.name) ? "FK" : ""].filter(Boolean);
    return ["   ", toAttribute(column.type), toAttribute(column.name), keys.join(", ")]
      .join(" ")
      .trimEnd();
  });
  return [`  ${entityName} {`, ...lines, "  }"];
}

/** Letters, digits and what a quoted name may hold beside them. */
function toWord(name: string): string {
  return name.replaceAll(/[^\w.\-\u00C0-\uFFFF]/g, "_");
}

/** Types and columns are bare words there: they begin with a letter, and PK, FK and UK are taken. */
function toAttribute(name: string): string {
  const word = name
    .replace(/^character varying/, "varchar")
    .replace(/ with(out)? time zone$/, (_, out) => (out ? "" : "tz"))
    .replaceAll(/[^A-Za-z0-9_\-[\]()\u00C0-\uFFFF]/g, "_");
  return /^[A-Za-z_\u00C0-\uFFFF]/.test(word) && !/^(pk|fk|uk)\b/i.test(word) ? word : `_${word}`;
}
