import { type ChainEntry, readChainBack } from "@trestle/access";
import { isTrestleError, TrestleError } from "@trestle/protocol";
import type { Archive } from "../archive/archive.ts";
import type { AuditFilter, AuditPlace, HomeEntry } from "../archive/audit-rows.ts";

/** The `next` of a page that the logs of several homes made. */
export const AUDIT_PLACE = /^\d{1,16}_[0-9a-f-]{36}_\d{1,16}$/;

export interface HomesQuery {
  readonly archive: Archive;
  /** Of this home's own log. */
  readonly folder: string;
  readonly filter: AuditFilter;
  /** Only of this home. */
  readonly home?: string | undefined;
  readonly before?: string | undefined;
  readonly limit: number;
  readonly signal: AbortSignal;
}

export interface HomesPage {
  readonly entries: readonly HomeEntry[];
  readonly next?: string | undefined;
  readonly problems: readonly string[];
}

/** What all homes of one Postgres logged, the newest first: our own from where it lies, the others' from their copy. */
export async function listHomes(query: HomesQuery): Promise<HomesPage> {
  const { archive, filter, home, limit } = query;
  const before = query.before === undefined ? undefined : readPlace(query.before);
  const problems: string[] = [];
  const asked = { ...filter, home, before, limit: limit + 1 };
  const isOwn = home === undefined || home === archive.home;
  const [own, others] = await Promise.all([
    isOwn ? readOwn(query, before, problems) : [],
    home === archive.home
      ? []
      : archive.audit(asked).catch((error: unknown) => {
          if (!isTrestleError(error) || error.code !== "unavailable") throw error;
          problems.push(`${archive.name} did not answer: what other homes logged is missing.`);
          return [];
        }),
  ]);
  const merged = [...own, ...others].sort((a, b) => (isBefore(placeOf(a), placeOf(b)) ? 1 : -1));
  const entries = merged.slice(0, limit);
  const last = entries.at(-1);
  const next = merged.length > limit && last ? toCursor(placeOf(last)) : undefined;
  return { entries, next, problems };
}

async function readOwn(
  { archive, folder, filter, limit, signal }: HomesQuery,
  before: AuditPlace | undefined,
  problems: string[],
): Promise<HomeEntry[]> {
  const found: HomeEntry[] = [];
  for await (const each of readChainBack({ folder })) {
    signal.throwIfAborted();
    if ("badLine" in each) {
      problems.push(notAsWritten([each.badLine]));
      continue;
    }
    const entry = { ...each, home: archive.home };
    if (before && !isBefore(placeOf(entry), before)) continue;
    if (fits(entry, filter)) found.push(entry);
    if (found.length > limit) break;
  }
  return found;
}

export function notAsWritten(lines: readonly string[]): string {
  return `Not as it was written: ${lines.join(", ")}. Verify it.`;
}

export function fits({ time, entry }: ChainEntry, filter: AuditFilter): boolean {
  const { from, to, principal, ...words } = filter;
  const at = Date.parse(time);
  if ((from !== undefined && at < from) || (to !== undefined && at > to)) return false;
  if (principal !== undefined && entry.principal !== principal && entry.by !== principal)
    return false;
  return Object.entries(words).every(([name, word]) => word === undefined || entry[name] === word);
}

function placeOf({ time, home, seq }: HomeEntry): AuditPlace {
  return { at: Date.parse(time), home, seq };
}

/** As Postgres compares the three columns. */
function isBefore(a: AuditPlace, b: AuditPlace): boolean {
  if (a.at !== b.at) return a.at < b.at;
  return a.home === b.home ? a.seq < b.seq : a.home < b.home;
}

function toCursor({ at, home, seq }: AuditPlace): string {
  return `${at}_${home}_${seq}`;
}

function readPlace(text: string): AuditPlace {
  const [at, home = "", seq] = text.split("_");
  if (AUDIT_PLACE.test(text)) return { at: Number(at), home, seq: Number(seq) };
  throw new TrestleError("invalid_input", "before: hand in the `next` of the page before.");
}
