import { digestOf, type JsonObject } from "@trestle/protocol";

const known = new WeakMap<JsonObject, string>();

/** SHA-256 of a tool's definition. Worked out once: lists are merged anew with every change of any of them. */
export function hashOf(definition: JsonObject): string {
  const hash = known.get(definition) ?? digestOf(definition);
  known.set(definition, hash);
  return hash;
}

/** Takes over what was worked out in an earlier run. */
export function rememberHash(definition: JsonObject, hash: string): void {
  known.set(definition, hash);
}
