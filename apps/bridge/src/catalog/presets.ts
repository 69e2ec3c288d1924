import {
  canonicalJson,
  isJsonObject,
  type JsonObject,
  type JsonValue,
  TrestleError,
} from "@trestle/protocol";

/** `tools.arguments.PATTERN` of an entry: values that the operator decides about. */
export interface ArgumentRules {
  /** The value that every call has. */
  readonly force?: JsonObject | undefined;
  /** The value of a call that gives none. */
  readonly default?: JsonObject | undefined;
}

/** What a tool's calls get besides what their caller gives. */
export interface Preset {
  readonly force: JsonObject;
  readonly default: JsonObject;
}

export function presetOf({ force = {}, default: fallback = {} }: ArgumentRules): Preset {
  return { force, default: fallback };
}

/** A tool that has a preset. */
interface Presetting {
  readonly server: string;
  readonly name: string;
  readonly preset?: Preset | undefined;
}

/**
 * The parameters of a call with what the operator decided. A caller that gives a forced argument another
 * value is refused: it would take the answer for that of what it asked. Its value is not told.
 */
export function withPreset(params: JsonObject, { server, name, preset }: Presetting): JsonObject {
  if (!preset) return params;
  const given = isJsonObject(params.arguments) ? params.arguments : {};
  for (const argument of Object.keys(preset.force)) {
    if (!Object.hasOwn(given, argument) || isSame(given[argument], preset.force[argument]))
      continue;
    throw new TrestleError(
      "invalid_input",
      `"${argument}" of ${server}.${name} is set by whoever runs the bridge and cannot be chosen. Leave it out and call again.`,
      { details: { fields: [argument], sent: false } },
    );
  }
  return { ...params, arguments: { ...preset.default, ...given, ...preset.force } };
}

/** A definition whose schema no longer shows the arguments that the operator decides about. */
export function hidePreset(definition: JsonObject, preset: Preset): JsonObject {
  const { inputSchema } = definition;
  if (!isJsonObject(inputSchema)) return definition;
  const hidden = new Set([...Object.keys(preset.force), ...Object.keys(preset.default)]);
  return { ...definition, inputSchema: without(inputSchema, hidden) };
}

/** Names of arguments that the tool's schema does not have. */
export function unknownArguments({ inputSchema }: JsonObject, preset: Preset): string[] {
  const properties = isJsonObject(inputSchema) ? inputSchema.properties : undefined;
  if (!isJsonObject(properties)) return [];
  return [...Object.keys(preset.force), ...Object.keys(preset.default)].filter(
    (name) => !Object.hasOwn(properties, name),
  );
}

/** Places of a schema whose parts speak of the same object. */
const SAME_OBJECT = ["allOf", "anyOf", "oneOf"] as const;

function without(schema: JsonObject, hidden: ReadonlySet<string>): JsonObject {
  const { properties, required, dependentRequired } = schema;
  const result: Record<string, JsonValue | undefined> = { ...schema };
  if (isJsonObject(properties)) result.properties = withoutKeys(properties, hidden);
  if (isJsonObject(dependentRequired)) {
    result.dependentRequired = Object.fromEntries(
      Object.entries(withoutKeys(dependentRequired, hidden)).map(([name, needs]) => [
        name,
        withoutNames(needs, hidden),
      ]),
    );
  }
  if (Array.isArray(required)) {
    const left = withoutNames(required, hidden);
    if (Array.isArray(left) && left.length > 0) result.required = left;
    else delete result.required;
  }
  for (const key of SAME_OBJECT) {
    const parts = schema[key];
    if (!Array.isArray(parts)) continue;
    result[key] = parts.map((part) => (isJsonObject(part) ? without(part, hidden) : part));
  }
  return result;
}

function withoutKeys(object: JsonObject, hidden: ReadonlySet<string>): JsonObject {
  return Object.fromEntries(Object.entries(object).filter(([name]) => !hidden.has(name)));
}

function withoutNames(names: JsonValue | undefined, hidden: ReadonlySet<string>): JsonValue {
  return Array.isArray(names) ? names.filter((name) => !hidden.has(String(name))) : (names ?? []);
}

function isSame(a: JsonValue | undefined, b: JsonValue | undefined): boolean {
  return canonicalJson(a) === canonicalJson(b);
}
