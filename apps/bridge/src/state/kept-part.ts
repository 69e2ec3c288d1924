import { isJsonObject, type JsonValue, TrestleError } from "@trestle/protocol";
import type { KeptResult } from "./results.ts";

/** The part of a kept result at a path like `items[0].name`. `field` names the path where it cannot be followed. */
export function partOf(kept: KeptResult, path: string, field = "path"): JsonValue {
  const value = kept.value();
  if (value === undefined) {
    throw badPath(field, "this result is no JSON; read it by offset, or use grep.");
  }
  const steps = [...path.matchAll(/\.?([^.[\]]+)|\[(\d+)\]/g)];
  if (steps.map(([step]) => step).join("") !== path) {
    throw badPath(field, `${JSON.stringify(path)} is no path; write it like items[0].name.`);
  }
  let part: JsonValue | undefined = value;
  let seen = "";
  for (const [step, name, index] of steps) {
    const inside: JsonValue | undefined = part;
    if (index !== undefined) part = Array.isArray(inside) ? inside[Number(index)] : undefined;
    else if (name !== undefined && isJsonObject(inside) && Object.hasOwn(inside, name)) {
      part = inside[name];
    } else part = undefined;
    if (part === undefined) throw noPart(field, { seen, step, inside });
    seen += step;
  }
  return part;
}

/** How many items or keys a part has; undefined where it is neither a list nor an object. */
export function itemsOf(value: JsonValue | undefined): number | undefined {
  if (Array.isArray(value)) return value.length;
  return isJsonObject(value) ? Object.keys(value).length : undefined;
}

interface Lost {
  readonly seen: string;
  readonly step: string;
  readonly inside: JsonValue | undefined;
}

function noPart(field: string, { seen, step, inside }: Lost): TrestleError {
  const known = isJsonObject(inside) ? Object.keys(inside).slice(0, 20).join(", ") : "";
  const has = known === "" ? `${itemsOf(inside) ?? 0} items` : known;
  return badPath(field, `there is no ${step} in ${seen || "the result"}, which has ${has}.`);
}

function badPath(field: string, what: string): TrestleError {
  const details = { fields: [field], sent: false };
  return new TrestleError("invalid_input", `${field}: ${what}`, { details });
}
