import { matchesGlob, TrestleError } from "@trestle/protocol";
import type { GuardRules } from "./guard.ts";

/** A name or names of what a rule means, in lower case; `*` stands for any characters. */
export interface Pattern {
  /** As the operator wrote it. */
  readonly entry: string;
  /** Left out: in any schema. */
  readonly schema?: string;
  readonly table: string;
  /** Only in rules for columns. */
  readonly column?: string;
}

export type ListName = Exclude<keyof GuardRules, "mode" | "strict">;

export type Lists = Readonly<Record<ListName, readonly Pattern[]>>;

/** The environment names of the settings, for refusals and for `doctor`. */
export const SETTINGS: Readonly<Record<ListName, string>> = {
  allowSchemas: "DATABASE_ALLOW_SCHEMAS",
  denySchemas: "DATABASE_DENY_SCHEMAS",
  allowTables: "DATABASE_ALLOW_TABLES",
  denyTables: "DATABASE_DENY_TABLES",
  denyColumns: "DATABASE_DENY_COLUMNS",
  maskColumns: "DATABASE_MASK_COLUMNS",
};

/** Reads the lists of the rules. Throws `invalid_config` for an entry that is no such name. */
export function readLists(rules: GuardRules): Lists {
  return {
    allowSchemas: read(rules, "allowSchemas", 1),
    denySchemas: read(rules, "denySchemas", 1),
    allowTables: read(rules, "allowTables", 2),
    denyTables: read(rules, "denyTables", 2),
    denyColumns: read(rules, "denyColumns", 3),
    maskColumns: read(rules, "maskColumns", 3),
  };
}

/** `parts` is how many names the longest form has. */
function read(rules: GuardRules, list: ListName, parts: 1 | 2 | 3): Pattern[] {
  return (rules[list] ?? []).map((entry) => {
    const names = splitName(entry);
    if (!names || names.length > parts || names.length < (parts === 3 ? 2 : 1))
      throw new TrestleError("invalid_config", `${SETTINGS[list]}: "${entry}" ${FORMS[parts]}`);
    if (parts === 1) return { entry, schema: names[0] ?? "", table: "*" };
    const column = parts === 3 ? names.pop() : undefined;
    const [table = "", schema] = names.reverse();
    return {
      entry,
      table,
      ...(schema === undefined ? {} : { schema }),
      ...(column === undefined ? {} : { column }),
    };
  });
}

const FORMS = {
  1: "is not the name of a schema. Write one name, in which * stands for any characters.",
  2: "does not name tables. Write table or schema.table, with * for any characters.",
  3: "does not name columns. Write table.column or schema.table.column, with * for any characters.",
};

/** `a."B.c"` → `["a", "b.c"]`; undefined for what is no name. Rules hold whatever the case. */
function splitName(entry: string): string[] | undefined {
  const names: string[] = [];
  const part = /(?:"((?:[^"]|"")+)"|([^".\s]+))(\.|$)/y;
  while (part.lastIndex < entry.length) {
    const match = part.exec(entry);
    if (!match || (match[3] === "." && part.lastIndex === entry.length)) return undefined;
    names.push((match[1]?.replaceAll('""', '"') ?? match[2] ?? "").toLowerCase());
  }
  return names.length === 0 ? undefined : names;
}

export function hasLists(lists: Lists): boolean {
  return Object.values(lists).some((patterns) => patterns.length > 0);
}

/** May the pattern mean this table? Where the schema is not known, any may be meant. */
export function meansTable(
  { schema, table }: Pattern,
  inSchema: string | undefined,
  name: string,
): boolean {
  if (!matchesGlob(table, name.toLowerCase())) return false;
  return (
    schema === undefined || inSchema === undefined || matchesGlob(schema, inSchema.toLowerCase())
  );
}

export function meansColumn({ column }: Pattern, name: string): boolean {
  return column !== undefined && matchesGlob(column, name.toLowerCase());
}
