import { isJsonObject, type JsonObject, type JsonValue, TrestleError } from "@trestle/protocol";

const MAX_FIELDS = 20;
const MAX_VALUES = 100;

/**
 * Which payloads are wanted: `{ server: "one", outcome: ["error", "timeout"] }` names fields of the payload
 * and the value, or the values, that each must have. Nothing: all of them. Throws `invalid_input`.
 */
export function createPayloadFilter(
  where: JsonValue | undefined,
): (payload: JsonObject) => boolean {
  if (where === undefined) return () => true;
  const fields = isJsonObject(where) ? Object.entries(where) : [];
  if (fields.length === 0 || fields.length > MAX_FIELDS) throw badFilter();
  const wanted = fields.map(([name, value]) => [name, valuesOf(value)] as const);
  return (payload) =>
    wanted.every(([name, values]) => Object.hasOwn(payload, name) && values.has(payload[name]));
}

function valuesOf(value: JsonValue | undefined): ReadonlySet<unknown> {
  const values = Array.isArray(value) ? value : [value];
  const isGood = values.every((each) => each === null || isScalar(each));
  if (!isGood || values.length === 0 || values.length > MAX_VALUES) throw badFilter();
  return new Set(values);
}

function isScalar(value: unknown): boolean {
  return typeof value === "string" || typeof value === "number" || typeof value === "boolean";
}

function badFilter(): TrestleError {
  return new TrestleError(
    "invalid_input",
    `where names 1 to ${MAX_FIELDS} fields of the payload, each with a value or a list of at most ${MAX_VALUES} values: {"server":"one","outcome":["error","timeout"]}.`,
  );
}
