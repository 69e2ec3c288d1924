import {
  isJsonObject,
  type JsonObject,
  type JsonValue,
  META,
  TRESTLE_META,
} from "@trestle/protocol";
import { withoutTaskSupport } from "../src/catalog/task-support.ts";

/** The keys of `_meta` in which an answer through the bridge may differ from the server's own. */
export const BRIDGE_META_KEYS: readonly string[] = [TRESTLE_META.call, META.serverInfo];
/** What a result says in the modern era only; a legacy server behind the bridge has no such words. */
export const MODERN_RESULT_KEYS: readonly string[] = ["resultType", "ttlMs", "cacheScope"];
/** What a tool says in the handshake era only: the SDK leaves it out of modern lists. */
export const PAST_TOOL_KEYS: readonly string[] = ["execution"];

const URI_KEYS = new Set(["uri", "uriTemplate", "resourceUri"]);

/** A result as text with the order of keys, less what the bridge is there to change for this server. */
export function comparable(result: JsonObject, server: string): string {
  const body = Object.entries(result).filter(([key]) => !MODERN_RESULT_KEYS.includes(key));
  return JSON.stringify(
    body
      .map(([key, value]) => [key, strip(value, key, server)])
      .filter(([, value]) => value !== undefined),
  );
}

function strip(value: JsonValue | undefined, key: string, server: string): JsonValue | undefined {
  if (Array.isArray(value)) return value.map((item) => strip(item, "", server) ?? null);
  if (typeof value === "string") return URI_KEYS.has(key) ? originalUri(value, server) : value;
  if (!isJsonObject(value) || "rawJSON" in value) return value;
  const copy = Object.entries(value)
    .filter(([name]) => key !== "_meta" || !BRIDGE_META_KEYS.includes(name))
    .map(([name, item]) => [name, strip(item, name, server)] as const)
    .filter(([, item]) => item !== undefined);
  return key === "_meta" && copy.length === 0 ? undefined : Object.fromEntries(copy);
}

/** Those items of a list that are this server's, under its own names. */
export function ownItems(result: JsonObject, key: string, server: string): string {
  const items = (result[key] as JsonObject[]).flatMap((item) => {
    const { name, uri, uriTemplate } = item;
    const address = uri ?? uriTemplate;
    if (address !== undefined)
      return originalUri(String(address), server) === address ? [] : [item];
    const own = withoutPrefix(String(name), `${server}__`);
    // What a test made the server add must not be missing from the others' lists.
    return own === name || own.startsWith("grown_") ? [] : [{ ...item, name: own }];
  });
  return sortedItems(items, key, server);
}

/** The bridge lists in an order of its own, which is the same whatever came first: by name. */
export function sortedItems(items: readonly JsonObject[], key: string, server: string): string {
  // What is to be called as a task is listed as if it were not: the bridge waits for what it comes to.
  const sorted = items
    .map(withoutTaskSupport)
    .toSorted((a, b) => (String(a.name) < String(b.name) ? -1 : 1));
  return comparable({ [key]: sorted }, server);
}

/** `demo://a` of `everything+demo://a`; MCP Apps keep their scheme, and carry the id in front of the path. */
function originalUri(uri: string, server: string): string {
  const ui = `ui://${server}/`;
  return uri.startsWith(ui) ? `ui://${uri.slice(ui.length)}` : withoutPrefix(uri, `${server}+`);
}

function withoutPrefix(text: string, prefix: string): string {
  return text.startsWith(prefix) ? text.slice(prefix.length) : text;
}

/** Clock times and the like, which differ between any two answers. */
export function timeless(text: string): string {
  return text
    .replaceAll(/(?<="blob":")[A-Za-z0-9+/=]+/g, (blob) =>
      Buffer.from(blob, "base64").toString("latin1"),
    )
    .replaceAll(/\d{1,2}:\d{2}:\d{2} [AP]M/g, "(time)")
    .replaceAll(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, "(time)");
}

/** A comparable list less the words of the past. */
export function withoutPast(list: string): string {
  const kept = JSON.parse(list, (key, value: unknown) =>
    PAST_TOOL_KEYS.includes(key) ? undefined : value,
  );
  return JSON.stringify(kept);
}
