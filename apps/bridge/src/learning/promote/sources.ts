import { canonicalJson, type JsonValue } from "@trestle/protocol";
import { type Place, placesOf, referenceTo } from "./places.ts";
import { isHidden, isScalar, type RecordedCall, stepIdOf } from "./recorded.ts";
import { isAlike, isOfIds, type Telling, tellingOf } from "./telling.ts";

/** A place in the result of an earlier call where a value stands. */
export interface Source {
  /** Which call, from 0. */
  readonly index: number;
  readonly place: Place;
  readonly value: JsonValue;
  readonly telling: Telling;
  readonly reference: string;
}

export interface Found {
  readonly source: Source;
  /** The names of both places are alike. */
  readonly isAlike: boolean;
  /** Is it the same thing, or may it as well be chance? */
  readonly isSure: boolean;
}

/** Where the values of arguments come from. */
export interface Sources {
  /** Every earlier result that holds this very value, the likeliest first. */
  of(value: JsonValue, at: { readonly index: number; readonly place: Place }): readonly Found[];
  /** Strong values of earlier results that a text could hold, the longest first. */
  texts(index: number): readonly { readonly text: string; readonly source: Source }[];
}

/** Shorter ones are found in texts by chance. */
const SHORTEST_IN_TEXT = 6;

/**
 * A value comes from a result only if no earlier argument had it: what the caller knew before came from
 * the caller. A call that had not ended when another began gave it nothing.
 */
export function createSources(calls: readonly RecordedCall[]): Sources {
  const all = calls.flatMap((call, index) => sourcesIn(call, index));
  const byValue = Map.groupBy(all, ({ value }) => canonicalJson(value));
  const known = firstKnown(calls);
  const isEarlier = (source: Source, index: number): boolean => {
    const [from, to] = [calls[source.index], calls[index]];
    // Times of starts are whole milliseconds.
    return from !== undefined && to !== undefined && from.endedAt <= to.startedAt + 1;
  };

  return {
    of(value, { index, place }) {
      const same = byValue.get(canonicalJson(value)) ?? [];
      const usable = same.filter(
        (source) => source.index < index && isEarlier(source, index) && !known(source),
      );
      return usable.map((source) => judge(source, place)).sort(byLikelihood);
    },
    texts(index) {
      const usable = all.filter((source) => {
        if (source.index >= index || source.telling !== "strong" || !isScalar(source.value))
          return false;
        return isEarlier(source, index) && !known(source);
      });
      const texts = usable.map((source) => ({ text: textOf(source.value), source }));
      const long = texts.filter(({ text }) => text.length >= SHORTEST_IN_TEXT);
      return long.sort((a, b) => b.text.length - a.text.length || b.source.index - a.source.index);
    },
  };
}

function textOf(value: JsonValue): string {
  return typeof value === "string" ? value : JSON.stringify(value);
}

function sourcesIn({ result }: RecordedCall, index: number): Source[] {
  if (result === undefined) return [];
  return placesOf(result.document).flatMap(({ place, value }) => {
    const telling = tellingOf(value);
    const reference = referenceTo(stepIdOf(index), place);
    if (telling === "none" || isHidden(value) || reference === undefined) return [];
    return [{ index, place, value, telling, reference }];
  });
}

/** Had an argument of the same call, or of one before it, the value already? */
function firstKnown(calls: readonly RecordedCall[]): (source: Source) => boolean {
  const since = new Map<string, number>();
  const texts: string[][] = [];
  for (const [index, call] of calls.entries()) {
    const values = placesOf(call.arguments).map(({ value }) => value);
    texts.push(values.filter((value) => typeof value === "string"));
    for (const value of values) {
      const key = canonicalJson(value);
      if (!since.has(key)) since.set(key, index);
    }
  }
  return ({ value, index }) => {
    if ((since.get(canonicalJson(value)) ?? Number.POSITIVE_INFINITY) <= index) return true;
    if (typeof value !== "string" || value.length < SHORTEST_IN_TEXT) return false;
    return texts.slice(0, index + 1).some((each) => each.some((text) => text.includes(value)));
  };
}

function judge(source: Source, place: Place): Found {
  const alike = isAlike(source.place, place);
  const isNumber = typeof source.value === "number";
  const isNamed = alike && (!isNumber || isOfIds(source.place));
  return { source, isAlike: alike, isSure: source.telling === "strong" || isNamed };
}

/** Alike names first, then the names of ids, then the latest call, then what is least deep. */
function byLikelihood(a: Found, b: Found): number {
  const rank = ({ isAlike, source }: Found): number =>
    (isAlike ? 2 : 0) + (isOfIds(source.place) ? 1 : 0);
  if (rank(a) !== rank(b)) return rank(b) - rank(a);
  if (a.source.index !== b.source.index) return b.source.index - a.source.index;
  return a.source.place.length - b.source.place.length;
}
