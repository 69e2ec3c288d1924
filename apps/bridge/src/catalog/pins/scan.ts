import { isJsonObject, type JsonObject, type JsonValue } from "@trestle/protocol";
import { findCharacters } from "./scan-characters.ts";
import { findWords } from "./scan-words.ts";
import { visible } from "./visible.ts";

/** Something in a definition that no honest one needs. */
export interface Finding {
  readonly rule: string;
  /** `description`, `inputSchema.properties.path.description`. */
  readonly where: string;
  /** The words around it, with everything made visible. */
  readonly excerpt: string;
}

/** More than that of one definition says nothing more. */
const MOST_FINDINGS = 10;

/** Looks at every text of a definition: those of its schemas, their keys and their values, too. */
export function scan(definition: JsonObject): Finding[] {
  const findings: Finding[] = [];
  const waiting: (readonly [path: string, value: JsonValue | undefined])[] = [["", definition]];
  for (let next = waiting.pop(); next && findings.length < MOST_FINDINGS; next = waiting.pop()) {
    const [where, value] = next;
    if (typeof value === "string") findings.push(...findIn(value, where));
    else if (Array.isArray(value)) {
      for (const [index, item] of value.entries()) waiting.push([`${where}[${index}]`, item]);
    } else if (isJsonObject(value)) {
      for (const [key, item] of Object.entries(value)) {
        const path = where === "" ? visible(key) : `${where}.${visible(key)}`;
        findings.push(...findIn(key, `${path} (its name)`));
        waiting.push([path, item]);
      }
    }
  }
  return findings.slice(0, MOST_FINDINGS);
}

function findIn(text: string, where: string): Finding[] {
  return [...findCharacters(text), ...findWords(text)].map((found) => ({ ...found, where }));
}

/** One sentence of it. */
export function sentenceOf({ rule, where, excerpt }: Finding): string {
  return `${where} ${/^(?:asks|is|hides|makes|holds|speaks|looks)\b/.test(rule) ? rule : `holds ${rule}`}: "${excerpt}"`;
}
