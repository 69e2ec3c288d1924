import type { JsonObject, JsonValue } from "@trestle/protocol";

/** `check_in_date` → `checkInDate`; underscores at the ends stay. */
export function toCamel(name: string): string {
  return name.replaceAll(/(?<=[^_])_+([^_])/g, (_, next: string) => next.toUpperCase());
}

/** `checkInDate` → `check_in_date`, `guestURL` → `guest_url`, `line2` stays `line2`. */
export function toSnake(name: string): string {
  return name
    .replaceAll(/(?<=[\p{Ll}\d])(?=\p{Lu})|(?<=\p{Lu})(?=\p{Lu}\p{Ll})/gu, "_")
    .toLowerCase();
}

/** A row with its keys in the other spelling. `deep`: objects and lists inside it, too. */
export function camelKeys(row: JsonObject, { deep = false } = {}): JsonObject {
  return renameKeys(row, toCamel, deep);
}

export function snakeKeys(row: JsonObject, { deep = false } = {}): JsonObject {
  return renameKeys(row, toSnake, deep);
}

/** Where two keys would become one, the later one keeps its old name, so that no value is lost. */
function renameKeys(row: JsonObject, to: (name: string) => string, deep: boolean): JsonObject {
  const keys = Object.keys(row);
  const taken = new Set(keys.filter((key) => to(key) === key));
  const entries = keys.map((key): [string, JsonValue] => {
    const renamed = to(key);
    const name = renamed !== key && taken.has(renamed) ? key : renamed;
    taken.add(name);
    const value = row[key] ?? null;
    return [name, deep ? renameInside(value, to) : value];
  });
  return Object.fromEntries(entries);
}

function renameInside(value: JsonValue, to: (name: string) => string): JsonValue {
  if (Array.isArray(value)) return value.map((each) => renameInside(each, to));
  if (typeof value !== "object" || value === null) return value;
  return renameKeys(value, to, true);
}
