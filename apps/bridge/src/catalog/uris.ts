import { isJsonObject, type JsonObject, type JsonValue } from "@trestle/protocol";

/** Rewrites the resource URIs of one upstream so that no two upstreams can claim the same one. */
export interface UriRules {
  toExposed(uri: string): string;
  toOriginal(uri: string): string;
}

/** Leaves URIs as they are: for a bridge in front of one upstream, or `catalog.prefix: "never"`. */
export const sameUris: UriRules = { toExposed: (uri) => uri, toOriginal: (uri) => uri };

/**
 * `demo://a/b` of upstream `everything` becomes `everything+demo://a/b`: still a valid URI, still the same
 * template. MCP Apps must keep the scheme `ui`, so there the id goes in front of the path.
 */
export function prefixedUris(server: string): UriRules {
  const scheme = `${schemePrefix(server)}+`;
  const ui = `ui://${server}/`;
  return {
    toExposed: (uri) =>
      uri.startsWith("ui://") ? `${ui}${uri.slice("ui://".length)}` : `${scheme}${uri}`,
    toOriginal: (uri) => {
      if (uri.startsWith(ui)) return `ui://${uri.slice(ui.length)}`;
      return uri.startsWith(scheme) ? uri.slice(scheme.length) : uri;
    },
  };
}

/** True where `uri` was made by `prefixedUris(server)`. */
export function belongsTo(uri: string, server: string): boolean {
  return uri.startsWith(`${schemePrefix(server)}+`) || uri.startsWith(`ui://${server}/`);
}

/** A scheme starts with a letter; a server id may start with a digit or a dash, but never holds a dot. */
function schemePrefix(server: string): string {
  return /^[a-z]/.test(server) ? server : `x.${server}`;
}

/** Rewrites the URIs that a tool result or a prompt carries: resource links and embedded resources. */
export function rewriteContent(result: JsonObject, rules: UriRules): JsonObject {
  if (rules === sameUris) return result;
  if (Array.isArray(result.content)) {
    return replaced(result, "content", rewriteBlocks(result.content, rules));
  }
  if (Array.isArray(result.messages)) {
    const messages = mapChanged(result.messages, (message) => {
      if (!isJsonObject(message) || message.content === undefined) return message;
      const content = Array.isArray(message.content)
        ? rewriteBlocks(message.content, rules)
        : rewriteBlock(message.content, rules);
      return replaced(message, "content", content);
    });
    return replaced(result, "messages", messages);
  }
  return result;
}

/** Rewrites `uri` of each element of a list result or of read contents. */
export function rewriteUris(
  items: readonly JsonValue[],
  key: string,
  rules: UriRules,
): JsonValue[] {
  return items.map((item) => (isJsonObject(item) ? rewriteKey(item, key, rules) : item));
}

/** An MCP App names its page in the tool's `_meta.ui.resourceUri`, or as older ones do, `_meta["ui/resourceUri"]`. */
export function rewriteToolMeta(tool: JsonObject, rules: UriRules): JsonObject {
  const meta = tool._meta;
  if (!isJsonObject(meta)) return tool;
  const flat = rewriteKey(meta, "ui/resourceUri", rules);
  const nested = isJsonObject(flat.ui)
    ? replaced(flat, "ui", rewriteKey(flat.ui, "resourceUri", rules))
    : flat;
  return replaced(tool, "_meta", nested);
}

function rewriteBlocks(blocks: JsonValue[], rules: UriRules): JsonValue[] {
  return mapChanged(blocks, (block) => rewriteBlock(block, rules));
}

function rewriteBlock(block: JsonValue, rules: UriRules): JsonValue {
  if (!isJsonObject(block)) return block;
  if (block.type === "resource_link") return rewriteKey(block, "uri", rules);
  if (block.type === "resource" && isJsonObject(block.resource)) {
    return replaced(block, "resource", rewriteKey(block.resource, "uri", rules));
  }
  return block;
}

function rewriteKey(object: JsonObject, key: string, rules: UriRules): JsonObject {
  const uri = object[key];
  return typeof uri === "string" ? replaced(object, key, rules.toExposed(uri)) : object;
}

/** A copy with one value changed and the order of keys kept; the object itself where nothing changes. */
function replaced(object: JsonObject, key: string, value: JsonValue): JsonObject {
  return object[key] === value ? object : { ...object, [key]: value };
}

function mapChanged(items: JsonValue[], change: (item: JsonValue) => JsonValue): JsonValue[] {
  const next = items.map(change);
  return next.some((item, index) => item !== items[index]) ? next : items;
}
