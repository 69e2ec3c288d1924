import type { JsonValue } from "@trestle/protocol";
import { nameAround, nameAt, type Place } from "./places.ts";
import { isHidden } from "./recorded.ts";

/**
 * How much it says that the same value stands in two places. `strong`: it is the same thing. `weak`: only
 * if the names say so, too. `none`: nothing.
 */
export type Telling = "strong" | "weak" | "none";

/**
 * Strong are ids, paths, addresses and long texts: four letters or more with a digit or one of `/ \ : @`
 * among them, a file's name, sixteen letters or more; numbers from 1,000 on, and with three digits after
 * the point. Nothing is said by true, false, null, the empty text, and what was redacted.
 */
export function tellingOf(value: JsonValue): Telling {
  if (typeof value === "string") return tellingOfText(value);
  if (typeof value === "number") return tellingOfNumber(value);
  if (typeof value !== "object" || value === null) return "none";
  // A number that no double holds, or a list or object: that is judged by what it holds.
  if ("rawJSON" in value) return "strong";
  const size = JSON.stringify(value).length;
  return size >= 24 ? "strong" : size > 6 ? "weak" : "none";
}

function tellingOfText(text: string): Telling {
  if (text.trim() === "" || isHidden(text)) return "none";
  if (text.length >= 16) return "strong";
  if (text.length < 4) return "weak";
  return /[\d/\\:@]|\w\.\w/.test(text) ? "strong" : "weak";
}

function tellingOfNumber(value: number): Telling {
  if (Number.isInteger(value)) return Math.abs(value) >= 1_000 ? "strong" : "weak";
  return /\.\d{3}/.test(String(value)) ? "strong" : "weak";
}

/** Names of what one thing is known by. */
const OF_IDS =
  /(?:id|ids|key|number|uuid|guid|uri|url|path|file|slug|sha|hash|ref|handle|cursor|token|code)$/;

/** Do the two places have the same name: `id` and `id`, `user.id` and `user_id`, `url` and `page_url`? */
export function isAlike(result: Place, argument: Place): boolean {
  const from = plain(nameAt(result));
  const to = plain(nameAt(argument));
  if (from === "" || to === "") return false;
  if (from === to || `${singular(plain(nameAround(result)))}${from}` === to) return true;
  return OF_IDS.test(from) && to.endsWith(from);
}

/** Does the place have the name of an id? */
export function isOfIds(place: Place): boolean {
  return OF_IDS.test(plain(nameAt(place)));
}

function plain(name: string | undefined): string {
  return (name ?? "").toLowerCase().replaceAll(/[^\p{L}\p{N}]/gu, "");
}

function singular(name: string): string {
  return name.endsWith("s") ? name.slice(0, -1) : name;
}
