import { TrestleError } from "@trestle/protocol";
import type { Page, Paging } from "./queries.ts";

const DEFAULT_LIMIT = 50;
const MAX_LIMIT = 1_000;

/** Where the last page ended: what its last item is sorted by. */
export type Place = readonly (string | number)[];

export function limitOf({ limit = DEFAULT_LIMIT }: Paging): number {
  if (Number.isInteger(limit) && limit >= 1 && limit <= MAX_LIMIT) return limit;
  throw new TrestleError("invalid_input", `limit is ${limit}; give 1 to ${MAX_LIMIT}.`);
}

/** Throws `invalid_input` for what no page gave as its `next`. */
export function placeOf({ cursor }: Paging, length: number): Place | undefined {
  if (cursor === undefined) return undefined;
  try {
    const place: unknown = JSON.parse(Buffer.from(cursor, "base64url").toString());
    if (Array.isArray(place) && place.length === length && place.every(isSortable)) return place;
  } catch {
    // as for any other that is none
  }
  throw new TrestleError(
    "invalid_input",
    "The cursor is not one of this query; ask for the first page again.",
  );
}

/** A page of rows, of which one more was asked for than is shown. */
export function toPage<Row, Item>(
  rows: readonly Row[],
  { limit, placeOf: toPlace, toItem }: PageForm<Row, Item>,
): Page<Item> {
  const shown = rows.slice(0, limit);
  const last = shown.at(-1);
  const items = shown.map(toItem);
  if (rows.length <= limit || last === undefined) return { items };
  return { items, next: Buffer.from(JSON.stringify(toPlace(last))).toString("base64url") };
}

export interface PageForm<Row, Item> {
  readonly limit: number;
  readonly placeOf: (row: Row) => Place;
  readonly toItem: (row: Row) => Item;
}

const isSortable = (value: unknown): boolean =>
  typeof value === "string" || typeof value === "number";
