import { type ChainEntry, type ChainLine, createChainHash, readChainLine } from "@trestle/access";
import type { JsonValue } from "@trestle/protocol";
import type { Query } from "./connection.ts";
import { SCHEMA } from "./migrations.ts";

/** What a list of the audit log can be asked for. */
export interface AuditFilter {
  readonly from?: number | undefined;
  readonly to?: number | undefined;
  readonly event?: string | undefined;
  readonly operation?: string | undefined;
  /** Who did it, or was refused it. */
  readonly principal?: string | undefined;
  readonly server?: string | undefined;
  readonly tool?: string | undefined;
}

/** An entry of the log of one home. */
export interface HomeEntry extends ChainEntry {
  readonly home: string;
}

/** Its place among the entries of all homes. */
export interface AuditPlace {
  /** Epoch milliseconds. */
  readonly at: number;
  readonly home: string;
  readonly seq: number;
}

const WORDS = ["event", "operation", "principal", "by", "server", "tool"] as const;
const INSERT = `INSERT INTO ${SCHEMA}.audit_entry
    (home, seq, hash, at, line, event, operation, principal, actor, server, tool)
  SELECT $1, row.* FROM unnest($2::bigint[], $3::text[], $4::bigint[], $5::text[], $6::text[], $7::text[],
    $8::text[], $9::text[], $10::text[], $11::text[]) AS row
  ON CONFLICT DO NOTHING`;

export async function insertAudit(
  query: Query,
  home: string,
  lines: readonly ChainLine[],
): Promise<void> {
  const words = WORDS.map((name) => lines.map(({ entry }) => wordOf(entry.entry[name])));
  await query(INSERT, [
    home,
    lines.map(({ entry }) => entry.seq),
    lines.map(({ entry }) => entry.hash),
    lines.map(({ entry }) => Date.parse(entry.time)),
    lines.map(({ line }) => line),
    ...words,
  ]);
}

/** Postgres keeps every character but one. */
function wordOf(value: JsonValue | undefined): string | null {
  return typeof value === "string" ? value.replaceAll("\0", "\ufffd") : null;
}

/** The last copied entry of a home, whether or not retention has taken it since. */
export async function lastAudit(
  query: Query,
  home: string,
): Promise<{ readonly seq: number; readonly hashes: readonly string[] }> {
  const rows = await query<{ seq: number; hash: string }>(
    `SELECT seq::float8 AS seq, hash FROM ${SCHEMA}.audit_entry WHERE home = $1
      AND seq = (SELECT max(seq) FROM ${SCHEMA}.audit_entry WHERE home = $1)`,
    [home],
  );
  if (rows.length === 0) rows.push(...(await cutOf(query, home)));
  return { seq: rows[0]?.seq ?? 0, hashes: rows.map(({ hash }) => hash) };
}

/** The last entry that retention took away. */
export function cutOf(query: Query, home: string): Promise<{ seq: number; hash: string }[]> {
  const sql = `SELECT seq::float8 AS seq, hash FROM ${SCHEMA}.audit_cut WHERE home = $1`;
  return query<{ seq: number; hash: string }>(sql, [home]);
}

/** Entries of every home but one, the latest place first. */
export async function listAudit(
  query: Query,
  { without, home, before, limit, ...filter }: AuditFilter & ListAudit,
): Promise<HomeEntry[]> {
  const values: unknown[] = [without];
  const asked = ["home <> $1"];
  function ask(condition: string, ...given: readonly (string | number | undefined)[]): void {
    if (given.includes(undefined)) return;
    let text = condition;
    for (const value of given) {
      values.push(typeof value === "number" ? Math.ceil(value) : value);
      text = text.replace("?", `$${values.length}`);
    }
    asked.push(text);
  }
  ask("home = ?", home);
  ask("at >= ?", filter.from);
  ask("at <= ?", filter.to);
  for (const name of ["event", "operation", "server", "tool"] as const) {
    ask(`${name} = ?`, filter[name]);
  }
  ask("(principal = ? OR actor = ?)", filter.principal, filter.principal);
  ask("(at, home, seq) < (?, ?, ?)", before?.at, before?.home, before?.seq);
  values.push(limit);
  const rows = await query<{ home: string; line: string }>(
    `SELECT home, line FROM ${SCHEMA}.audit_entry WHERE ${asked.join(" AND ")}
      ORDER BY at DESC, home DESC, seq DESC LIMIT $${values.length}`,
    values,
  );
  const hash = createChainHash(undefined);
  return rows.flatMap(({ home, line }) => {
    const entry = readChainLine(line, hash);
    return entry ? [{ ...entry, home }] : [];
  });
}

interface ListAudit {
  readonly without: string;
  /** Only of this one. */
  readonly home?: string | undefined;
  readonly before?: AuditPlace | undefined;
  readonly limit: number;
}
