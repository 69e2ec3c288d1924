import type { Sqlite } from "@trestle/store";
import { DAY_MS, floorTo } from "../commit/sums.ts";
import { limitOf, placeOf } from "../paging.ts";
import type { Page, SearchHit, SearchQuery } from "../queries.ts";
import { type Clause, parseSearch, toMatch } from "../search/clauses.ts";
import { type Candidate, toHits, wantedOf } from "../search/hits.ts";
import { SEARCHED_KINDS } from "../search/texts.ts";
import { placesIn, readPlaces, toRecord } from "./read-records.ts";
import { agentTag, dayTag } from "./tags.ts";
import { createWhere } from "./where.ts";

const MAX_DAYS = 31;

export async function searchRecords(sqlite: Sqlite, query: SearchQuery): Promise<Page<SearchHit>> {
  const clauses = parseSearch(query.text);
  const asked = { query, clauses, limit: limitOf(query), after: placeOf(query, 1) };
  const match = matchOf(sqlite, query, clauses);
  if (match === undefined) return { items: [] };
  const { before, count } = wantedOf(asked);
  const { from, to } = placesIn(query);
  const where = createWhere()
    .and("words MATCH ?", match)
    .and("rowid >= ?", from)
    .and("rowid < ?", to)
    .and("rowid < ?", before);
  const sql = `SELECT rowid AS place FROM words ${where.sql} ORDER BY rowid DESC LIMIT ?`;
  const places = sqlite.read(sql, [...where.values, count]).map((row) => Number(row.place));
  return toHits(readCandidates(sqlite, places), asked);
}

function readCandidates(sqlite: Sqlite, places: readonly number[]): Candidate[] {
  const rows = readPlaces(sqlite, places);
  return places.flatMap((place) => {
    const row = rows.get(place);
    return row ? [{ place, record: toRecord(row), project: String(row.project) }] : [];
  });
}

/** Undefined where a filter names what is not there. */
function matchOf(
  sqlite: Sqlite,
  query: SearchQuery,
  clauses: readonly Clause[],
): string | undefined {
  const kinds = query.kinds ?? SEARCHED_KINDS;
  if (kinds.length === 0) return undefined;
  const tags: string[] = [];
  if (query.sessionId !== undefined) {
    const [row] = sqlite.read("SELECT n FROM session WHERE id = ?", [query.sessionId]);
    if (!row) return undefined;
    tags.push(`s${row.n}`);
  }
  if (query.project !== undefined) {
    const [row] = sqlite.read("SELECT n FROM project WHERE name = ?", [query.project]);
    if (!row) return undefined;
    tags.push(`p${row.n}`);
  }
  if (query.agent !== undefined) tags.push(agentTag(query.agent));
  const text = `{${kinds.join(" ")}} : ${toMatch(clauses)}`;
  return [text, ...tags.map((tag) => `tags : "${tag}"`), ...daysOf(query)].join(" AND ");
}

/** From the newest down to a span long ago is a long way; the days of a short span lead there at once. */
function daysOf({ from, to }: SearchQuery): string[] {
  if (from === undefined || to === undefined || to - from > MAX_DAYS * DAY_MS) return [];
  const tags: string[] = [];
  for (let at = floorTo(from, DAY_MS); at < to; at += DAY_MS) tags.push(`"${dayTag(at)}"`);
  return tags.length === 0 ? [] : [`tags : (${tags.join(" OR ")})`];
}
