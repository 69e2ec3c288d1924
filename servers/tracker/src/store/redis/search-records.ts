import { limitOf, placeOf } from "../paging.ts";
import type { Page, SearchHit, SearchQuery } from "../queries.ts";
import { type Clause, parseSearch } from "../search/clauses.ts";
import { type Candidate, toHits, wantedOf } from "../search/hits.ts";
import { matches } from "../search/matches.ts";
import { textsOf } from "../search/texts.ts";
import type { StoredRecord } from "../tracker-store.ts";
import type { Command, Connection } from "./connection.ts";
import type { Keys } from "./keys.ts";
import { placesIn, readPlaces } from "./read-records.ts";
import { readMembers } from "./reads.ts";

const CHUNK = 500;
/** A beginning stands for so many words at most. */
const MAX_BEGUN = 200;

/** Sorted sets of places, in one of which a record has to be. */
type Choice = readonly string[];

/**
 * Goes through the shortest of the sets that a record has to be in, newest first, and asks the others; what is
 * left is read to see whether words stand as they were asked for.
 */
export async function searchRecords(
  redis: Connection,
  keys: Keys,
  query: SearchQuery,
): Promise<Page<SearchHit>> {
  const clauses = parseSearch(query.text);
  const asked = { query, clauses, limit: limitOf(query), after: placeOf(query, 1) };
  const { before, count } = wantedOf(asked);
  const choices = await choicesOf(redis, keys, asked);
  const { from, to } = placesIn(query);
  let end = Math.min(to, before ?? to);
  const found: Candidate[] = [];
  while (found.length < count && choices.every((choice) => choice.length > 0)) {
    const [driver = [], ...others] = choices;
    const chunk = await readNewest(redis, driver, from, end);
    const places = await inAll(redis, chunk.places, others);
    const stored = await readPlaces(redis, keys, places);
    for (const place of places) {
      const one = stored.get(place);
      if (one && isWanted(one, query, clauses))
        found.push({ place, record: one.record, project: one.project });
    }
    if (chunk.next === undefined) break;
    end = chunk.next;
  }
  return toHits(found.slice(0, count), asked);
}

/** The shortest first. */
async function choicesOf(
  redis: Connection,
  keys: Keys,
  { query, clauses }: { readonly query: SearchQuery; readonly clauses: readonly Clause[] },
): Promise<Choice[]> {
  const choices: Choice[] = [];
  for (const { words, prefix, not } of clauses) {
    if (not) continue;
    const whole = prefix ? words.slice(0, -1) : words;
    choices.push(...whole.map((word) => [keys.word(word)]));
    if (!prefix) continue;
    const begin = words.at(-1) ?? "";
    const range = [`[${begin}`, `(${begin}\u{10ffff}`, "LIMIT", 0, MAX_BEGUN] as const;
    const begun = await redis.ask<string[]>("ZRANGEBYLEX", keys.vocabulary, ...range);
    choices.push(begun.map(keys.word));
  }
  if (query.sessionId !== undefined) choices.push([keys.ofSession(query.sessionId)]);
  const sizes = await redis.askAll<number>(choices.flat().map((key): Command => ["ZCARD", key]));
  let at = 0;
  const sized = choices.map((choice) => {
    let size = 0;
    for (let left = choice.length; left > 0; left -= 1) size += Number(sizes[at++]);
    return { choice, size };
  });
  return sized.sort((one, other) => one.size - other.size).map(({ choice }) => choice);
}

/** The newest of all these sets, and up to where the next ones are. */
async function readNewest(redis: Connection, choice: Choice, from: number, to: number) {
  const lists = await Promise.all(
    choice.map((key) => readMembers(redis, { key, from, to, newest: true, limit: CHUNK })),
  );
  const ends = lists.filter(({ length }) => length === CHUNK).map((list) => Number(list.at(-1)));
  const next = ends.length === 0 ? undefined : Math.max(...ends);
  const places = [...new Set(lists.flat().map(Number))].filter((place) => place >= (next ?? 0));
  return { places: places.sort((one, other) => other - one), next };
}

async function inAll(
  redis: Connection,
  places: readonly number[],
  choices: readonly Choice[],
): Promise<number[]> {
  let left = [...places];
  for (const choice of choices) {
    if (left.length === 0) return [];
    const scores = await redis.askAll<unknown[]>(
      choice.map((key): Command => ["ZMSCORE", key, ...left]),
    );
    left = left.filter((_, at) => scores.some((ofKey) => ofKey[at] != null));
  }
  return left;
}

function isWanted(
  { record, project, agent }: StoredRecord,
  query: SearchQuery,
  clauses: readonly Clause[],
): boolean {
  if (query.project !== undefined && project !== query.project) return false;
  if (query.agent !== undefined && agent !== query.agent) return false;
  const texts = textsOf(record).filter(({ kind }) => query.kinds?.includes(kind) ?? true);
  return matches(texts, clauses);
}
