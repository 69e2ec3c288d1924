import type { JsonObject, JsonValue } from "@trestle/protocol";
import { isScalar } from "./recorded.ts";

/** Where a value stands in another: names of members, numbers of items. */
export type Place = readonly (string | number)[];

export interface Placed {
  readonly place: Place;
  readonly value: JsonValue;
}

/** What references may go through: `packages/flow` refuses longer ones. */
const MOST_SEGMENTS = 30;
const MOST_LETTERS = 900;
/** Of one result. */
const MOST_PLACES = 5_000;

/** The value and everything in it, the outer before the inner. */
export function placesOf(value: JsonValue): Placed[] {
  const found: Placed[] = [];
  const open: Placed[] = [{ place: [], value }];
  // A list that grows while it is gone through: breadth first, so that the shallow come first.
  for (const each of open) {
    found.push(each);
    if (found.length >= MOST_PLACES) return found;
    if (isScalar(each.value) || each.place.length >= MOST_SEGMENTS) continue;
    for (const [name, item] of membersOf(each.value)) {
      if (open.length < MOST_PLACES) open.push({ place: [...each.place, name], value: item });
    }
  }
  return found;
}

function membersOf(value: JsonValue): (readonly [string | number, JsonValue])[] {
  if (Array.isArray(value)) return value.map((item, index) => [index, item] as const);
  const members = Object.entries(value as JsonObject);
  return members.flatMap(([name, item]) => (item === undefined ? [] : [[name, item] as const]));
}

/** `${results.step_1.items[0].id}`; undefined for a place that no reference can name. */
export function referenceTo(step: string, place: Place): string | undefined {
  const segments = place.map(segmentOf);
  if (segments.includes(undefined)) return undefined;
  const text = `\${results.${step}${segments.join("")}}`;
  return text.length <= MOST_LETTERS ? text : undefined;
}

function segmentOf(name: string | number): string | undefined {
  if (typeof name === "number") return `[${name}]`;
  if (name === "__proto__" || name.includes("\\")) return undefined;
  if (/^[\p{L}_][\p{L}\p{N}_-]*$/u.test(name)) return `.${name}`;
  if (!name.includes('"')) return `["${name}"]`;
  return name.includes("'") ? undefined : `['${name}']`;
}

/** `items[0].id`, for people. */
export function placeText(place: Place): string {
  return place
    .map((name, index) =>
      typeof name === "number" ? `[${name}]` : index === 0 ? name : `.${name}`,
    )
    .join("");
}

/** The name nearest to the value: `id` of `items[0].id`, `labels` of `labels[2]`. */
export function nameAt(place: Place): string | undefined {
  return place.findLast((name) => typeof name === "string");
}

/** The name around that one. */
export function nameAround(place: Place): string | undefined {
  const at = place.findLastIndex((name) => typeof name === "string");
  return at <= 0 ? undefined : nameAt(place.slice(0, at));
}
