import { TrestleError } from "@trestle/protocol";
import type { Mode } from "../postgres/database.ts";
import { checkAccess } from "./access.ts";
import type { Catalog } from "./catalog.ts";
import { hasLists, readLists } from "./lists.ts";
import { type Examined, examine, suffices } from "./needs.ts";
import type { Node } from "./nodes.ts";
import { parseOne } from "./parse.ts";
import { refuse, refuseNeed } from "./refusals.ts";
import { checkStrictly } from "./strict.ts";
import { checkNamedTable } from "./tables.ts";
import { createVerdicts } from "./verdicts.ts";

/** What an operator allows of a database. Every list left out or empty means: no rule of that kind. */
export interface GuardRules {
  readonly mode: Mode;
  /** Only what is known to be harmless passes, instead of all but what is known to be harmful. */
  readonly strict?: boolean;
  readonly allowSchemas?: readonly string[];
  readonly denySchemas?: readonly string[];
  /** `table` or `schema.table`, with `*`. */
  readonly allowTables?: readonly string[];
  readonly denyTables?: readonly string[];
  /** `table.column` or `schema.table.column`, with `*`: may not be read or written at all. */
  readonly denyColumns?: readonly string[];
  /** The same forms: may be read, and come back masked. */
  readonly maskColumns?: readonly string[];
}

/** How an accepted statement has to be run. */
export interface Accepted {
  /** Rows through a cursor; all at once (SHOW, EXPLAIN); a statement that writes rows; one that changes structure or settings. */
  readonly kind: "rows" | "report" | "write" | "change";
  /** The user should be asked first: it drops, truncates, or writes without a condition. */
  readonly destructive: boolean;
}

/** Reads statements with Postgres' own parser and decides what may run. Throws `denied` with the setting that would allow it. */
export interface Guard {
  readonly rules: GuardRules;
  /** For a statement that is to be read only, whatever the mode. */
  checkRead(sql: string, surroundings?: Surroundings): Promise<Accepted>;
  /** For a statement that may do what the mode allows. */
  check(sql: string, surroundings?: Surroundings): Promise<Accepted>;
  /** For builders, imports and descriptions, which name their tables and columns; `*` stands for all columns. */
  checkTable(schema: string | undefined, table: string, columns?: readonly string[]): void;
}

/** What whoever runs the statement adds to the rules. */
export interface Surroundings {
  /**
   * The relations of these names, and their columns, as they are now (see `readCatalog`); asked for only
   * where lists are set. Without it a table or column that a rule might mean counts as meant.
   */
  readonly catalog?: ((names: readonly string[]) => Promise<Catalog>) | undefined;
  /** Does the caller mask the answer (see `maskedFields`)? Otherwise masked columns are refused. */
  readonly masks?: boolean;
}

/** The first of the walls around the data: it decides what to say to the caller, and the others hold if it errs. Throws `invalid_config` for an entry of a list that is no name. */
export function createGuard(rules: GuardRules): Guard {
  const lists = readLists(rules);
  const needsCatalog = hasLists(lists);
  const verdicts = createVerdicts();

  async function checkAs(
    allowed: Mode,
    sql: string,
    surroundings: Surroundings = {},
  ): Promise<Accepted> {
    const known = verdicts.recall(allowed, sql);
    if (known) return known;
    const statement = await parseOne(sql);
    try {
      const { kind, destructive } = await checkStatement(allowed, statement, surroundings);
      const accepted = Object.freeze({ kind, destructive });
      // What a name means may be something else the next time.
      if (!needsCatalog) verdicts.keep(allowed, sql, accepted);
      return accepted;
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      throw new TrestleError("invalid_input", "The SQL is nested too deeply to be read.");
    }
  }

  async function checkStatement(
    allowed: Mode,
    statement: Node,
    surroundings: Surroundings,
  ): Promise<Examined> {
    const examined = examine(statement);
    if (!suffices(allowed, examined.need)) refuseNeed(examined, rules.mode, allowed);
    if (rules.strict) checkStrictly(statement, rules.mode);
    if (needsCatalog) await checkAccess(statement, lists, surroundings);
    for (const text of examined.queries) await checkText(text, surroundings);
    return examined;
  }

  /** SQL in a text is run by a function, and its values come back in columns that are nobody's. */
  async function checkText(sql: string, { catalog }: Surroundings): Promise<void> {
    const statement = await parseOne(sql).catch((error: unknown) => {
      if (!(error instanceof TrestleError)) throw error;
      return refuse(`in the SQL that a function is given as text: ${error.message}`);
    });
    const examined = await checkStatement("read-only", statement, { catalog });
    if (examined.kind !== "rows") refuse("SQL that a function is given as text has to be a SELECT");
  }

  return {
    rules,
    checkRead: (sql, surroundings) => checkAs("read-only", sql, surroundings),
    check: (sql, surroundings) => checkAs(rules.mode, sql, surroundings),
    checkTable: (schema, table, columns = []) => checkNamedTable(lists, schema, table, columns),
  };
}
