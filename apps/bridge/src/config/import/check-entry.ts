import { isJsonObject, type JsonObject, type JsonValue } from "@trestle/protocol";
import { pathOf } from "../document.ts";
import { faultsOf } from "../issues.ts";
import { entrySchemas } from "../schema.ts";

/** A URL that is only known when its references have been replaced. */
const SOME_URL = "http://localhost/";

/** What is wrong with an entry before its references are replaced, in words without any of its values. */
export function faultOf(entry: JsonObject): string | undefined {
  const kind = kindOf(entry);
  if (kind === undefined) return "has neither a command nor a URL";
  const { url } = entry;
  const isLater = typeof url === "string" && url.includes("${");
  const schema = entrySchemas[kind];
  const parsed = schema.safeParse(isLater ? { ...entry, url: SOME_URL } : entry);
  if (parsed.success) return undefined;
  const [fault] = faultsOf(parsed.error, schema);
  if (fault?.path[0] === "url")
    return "url: must be an address that begins with http:// or https://";
  return fault
    ? `${pathOf(fault.path)}: ${fault.message}`
    : "is not written as the bridge reads it";
}

function kindOf(entry: JsonObject): keyof typeof entrySchemas | undefined {
  if ("command" in entry) return "stdio";
  if ("url" in entry) return "http";
  return "embedded" in entry ? "embedded" : undefined;
}

const REFERENCE = /\$\{(?:env:)?([A-Za-z_][A-Za-z0-9_]*)(:-[^}]*)?\}/g;

/** Variables that an entry needs and the environment does not have. */
export function unsetVariables(
  entry: JsonObject,
  env: Readonly<Record<string, string | undefined>>,
): string[] {
  const names = new Set<string>();
  const look = (value: JsonValue | undefined): void => {
    if (typeof value === "string") {
      for (const [, name = "", fallback] of value.matchAll(REFERENCE)) {
        if (fallback === undefined && env[name] === undefined) names.add(name);
      }
    } else if (Array.isArray(value)) value.forEach(look);
    else if (isJsonObject(value)) Object.values(value).forEach(look);
  };
  look(entry);
  return [...names];
}
