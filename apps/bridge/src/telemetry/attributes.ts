import type { JsonObject } from "@trestle/protocol";

type Value = string | number | boolean | undefined;

/** As OTLP writes attributes in JSON; without those that have no value. */
export function attributesOf(values: Readonly<Record<string, Value>>): JsonObject[] {
  const attributes: JsonObject[] = [];
  for (const key in values) {
    const value = values[key];
    if (value !== undefined) attributes.push({ key, value: anyValueOf(value) });
  }
  return attributes;
}

function anyValueOf(value: string | number | boolean): JsonObject {
  if (typeof value === "string") return { stringValue: value };
  if (typeof value === "boolean") return { boolValue: value };
  return Number.isSafeInteger(value) ? { intValue: String(value) } : { doubleValue: value };
}
