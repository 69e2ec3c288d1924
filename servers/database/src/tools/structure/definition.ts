import type { Described } from "./describe-table.ts";
import { toName, toRemark } from "./words.ts";

/** A table as `CREATE TABLE` would have it, shortened: what models read best, in the fewest words. */
export function toDefinition(table: Described): string {
  const { schema, name, kind, estimatedRows, comment } = table;
  const rows = estimatedRows === undefined ? "" : ` ~${estimatedRows} rows`;
  const lines = [`${kind} ${toName(schema, name)}${rows}${toRemark(comment)}`];
  for (const column of table.columns) lines.push(`  ${columnLine(column)}`);
  for (const line of keyLines(table)) lines.push(`  ${line}`);
  if (table.partitions)
    lines.push(`partition by ${table.partitions.key}: ${table.partitions.count} partitions`);
  for (const { name: own, schema: theirs, table: other, columns } of table.referencedBy ?? [])
    lines.push(
      `referenced by ${toName(theirs, other)} (${columns.map((it) => toName(it)).join(", ")}) -- ${own}`,
    );
  for (const index of otherIndexes(table)) lines.push(index);
  lines.push(...(table.triggers ?? []));
  if (table.policies)
    lines.push(
      table.policies.length > 0
        ? `row-level security: ${table.policies.join("; ")}`
        : "row-level security is on",
    );
  if (table.definition) lines.push(`as ${table.definition}`);
  return lines.join("\n");
}

function columnLine({
  name,
  type,
  nullable,
  default: preset,
  comment,
}: Described["columns"][number]): string {
  const value =
    preset === undefined
      ? ""
      : preset.startsWith("generated")
        ? ` ${preset}`
        : ` default ${preset}`;
  return `${toName(name)} ${type}${nullable ? "" : " not null"}${value}${toRemark(comment)}`;
}

function keyLines({ primaryKey, foreignKeys = [], constraints = [] }: Described): string[] {
  const list = (columns: readonly string[]) => columns.map((column) => toName(column)).join(", ");
  return [
    ...(primaryKey ? [`primary key (${list(primaryKey)})`] : []),
    ...foreignKeys.map(
      ({ columns, references: { schema, table, columns: theirs } }) =>
        `foreign key (${list(columns)}) references ${toName(schema, table)} (${list(theirs)})`,
    ),
    ...constraints.map((constraint) =>
      constraint.replace(/^(CHECK|UNIQUE|EXCLUDE)/, (word) => word.toLowerCase()),
    ),
  ];
}

/** Those that a key or a unique constraint brings along are told by it. */
function otherIndexes({
  schema,
  name,
  indexes = [],
  primaryKey,
  constraints = [],
}: Described): string[] {
  const list = (columns: readonly string[]) =>
    `(${columns.map((column) => toName(column)).join(", ")})`;
  const told = new Set([
    ...(primaryKey ? [list(primaryKey)] : []),
    ...constraints.flatMap((constraint) => /^UNIQUE (\(.*\))$/.exec(constraint)?.[1] ?? []),
  ]);
  const on = ` ON ${toName(schema, name)} USING `;
  return indexes
    .filter(
      ({ unique, definition }) => !(unique && told.has(definition.split(" USING btree ")[1] ?? "")),
    )
    .map(({ name: own, unique, definition }) => {
      const [, how] = definition.split(on);
      return how === undefined
        ? definition
        : `${unique ? "unique " : ""}index ${toName(own)} ${how}`;
    });
}
