import type { JsonObject, JsonValue } from "@trestle/protocol";

/** JSON Merge Patch, RFC 7396: null takes a field away, an object is merged, anything else is put in its place. */
export function mergePatch(target: JsonValue | undefined, patch: JsonValue | undefined): JsonValue {
  if (!isObject(patch)) return patch ?? null;
  // No prototype: a field named __proto__ is a field.
  const merged: JsonObject = Object.assign(
    Object.create(null) as JsonObject,
    isObject(target) ? target : {},
  );
  for (const [name, value] of Object.entries(patch)) {
    if (value === null) delete merged[name];
    else merged[name] = mergePatch(merged[name], value);
  }
  return merged;
}

/** Does the patch say anything about what lies under these names? */
export function touches(patch: JsonValue | undefined, path: readonly string[]): boolean {
  let at = patch;
  for (const name of path) {
    if (!isObject(at)) return true;
    if (!Object.hasOwn(at, name)) return false;
    at = at[name];
  }
  return true;
}

function isObject(value: JsonValue | undefined): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
