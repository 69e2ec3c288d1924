import { loadParser } from "../postgres/parser.ts";
import type { Visibility } from "../structure/visibility.ts";

const MAX_LENGTH = 500;

/**
 * A statement of somebody's as it may be shown: without its literals, which are data of theirs and may be
 * secrets, in one line, and only where the rules let it be read.
 */
export async function showStatement(sql: string, visible: Visibility): Promise<string> {
  if (visible.restricted && !(await visible.statement(sql)))
    return "(not shown: the rules of this server)";
  const line = (await withoutLiterals(sql)).replaceAll(/\s+/g, " ").trim();
  return line.length > MAX_LENGTH ? `${line.slice(0, MAX_LENGTH).toWellFormed()}…` : line;
}

/** As Postgres itself would keep it: `$1` in the place of each literal. */
export async function withoutLiterals(sql: string): Promise<string> {
  const { normalize, parse } = await loadParser();
  try {
    // What it can not read, `normalize` answers with the parser's complaint.
    await parse(sql);
    return blank(await normalize(sql));
  } catch {
    // Cut off at its end, as the server keeps only the first kilobyte.
    return blank(sql).replaceAll(/(?<![$\w])\d+(\.\d+)?\b/g, "…");
  }
}

/** Literals that the parser leaves, in what it does not normalise (ALTER ROLE … PASSWORD) or could not read. */
function blank(sql: string): string {
  return sql
    .replaceAll(/\$(\w*)\$[\s\S]*?(?:\$\1\$|$)/g, (quoted, tag) =>
      /^\d+$/.test(tag) ? quoted : "'…'",
    )
    .replaceAll(/'(?:[^']|'')*(?:'|$)/g, "'…'");
}
