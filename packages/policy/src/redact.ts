import { isJsonObject, isSecretName, type JsonObject, type JsonValue } from "@trestle/protocol";
import { withoutSecrets } from "./secret-texts.ts";

export interface RedactSettings {
  /** Further field names to hide, compared without case, `-` and `_`, at any depth. */
  readonly fields: readonly string[];
  /** Longer strings are cut to this many characters. */
  readonly maxStringLength: number;
  /** Deeper values are left out. */
  readonly maxDepth: number;
}

export const DEFAULT_REDACT: RedactSettings = {
  fields: [],
  maxStringLength: 2_000,
  maxDepth: 8,
};

/** Makes the function that takes secrets out of a call's arguments before anything is stored. */
export function createRedact(
  settings: RedactSettings = DEFAULT_REDACT,
): (args: JsonObject) => JsonObject {
  const hidden = new Set(settings.fields.map(normalise));
  const isHidden = remembered((name) => isSecretName(name) || hidden.has(normalise(name)));

  function redactObject(value: JsonObject, depth: number): JsonObject {
    const copy: JsonObject = {};
    for (const [key, item] of Object.entries(value)) {
      if (item === undefined) continue;
      const safe = isHidden(key) ? "[redacted]" : redactValue(item, depth + 1);
      // A plain assignment would set the prototype for this one key.
      if (key === "__proto__") Object.defineProperty(copy, key, { value: safe, enumerable: true });
      else copy[key] = safe;
    }
    return copy;
  }

  function redactValue(value: JsonValue, depth: number): JsonValue {
    if (typeof value === "string") return redactText(value, settings.maxStringLength);
    if (typeof value !== "object" || value === null) return value;
    if (depth > settings.maxDepth) return "[too deep]";
    if (Array.isArray(value)) return value.map((item) => redactValue(item, depth + 1));
    return isJsonObject(value) && !("rawJSON" in value) ? redactObject(value, depth) : value;
  }

  return (args) => redactObject(args, 0);
}

/** Names of fields come again and again; callers choose them, so only so many are kept. */
const MOST_NAMES = 1_000;

function remembered(ask: (name: string) => boolean): (name: string) => boolean {
  const answers = new Map<string, boolean>();
  return (name) => {
    const known = answers.get(name);
    if (known !== undefined) return known;
    const answer = ask(name);
    if (answers.size < MOST_NAMES && name.length <= 64) answers.set(name, answer);
    return answer;
  };
}

/** The words of a failure as they may be kept. */
export function redactMessage(message: string, redact: (args: JsonObject) => JsonObject): string {
  const safe = redact({ message }).message;
  return typeof safe === "string" ? safe : "";
}

/** Longest secret of known form but a private key: what is cut is cut behind it. */
const SLACK = 1_000;

function redactText(text: string, maxLength: number): string {
  const part = text.length <= maxLength ? text : text.slice(0, maxLength + SLACK);
  const safe = withoutSecrets(part);
  if (text.length <= maxLength) return safe;
  return `${safe.slice(0, maxLength)}… (${text.length - maxLength} more)`;
}

function normalise(name: string): string {
  return name.toLowerCase().replaceAll(/[-_]/g, "");
}
