import type { JsonObject } from "@trestle/protocol";
import type { Upstream } from "@trestle/upstream";
import { belongsTo, type UriRules } from "./uris.ts";

/** Which upstream owns a resource, and what it calls it. */
export interface ResourceRoute {
  readonly server: string;
  readonly uri: string;
}

interface Lists {
  readonly resourceOwners: ReadonlyMap<string, string>;
  readonly templateOwners: readonly TemplateOwner[];
}

export interface TemplateOwner {
  readonly template: string;
  readonly server: string;
}

/**
 * Finds the owner of an exposed URI: by its prefix; where URIs are not rewritten, by who lists it, whose
 * template matches, or who is the only upstream there is.
 */
export function createRouter(
  lists: () => Lists,
  upstreams: () => readonly Upstream[],
  uris: (server: string) => UriRules,
): (exposedUri: string) => ResourceRoute | undefined {
  return (exposedUri) => {
    const all = upstreams();
    const only = all.length === 1 ? all[0]?.id : undefined;
    const { resourceOwners, templateOwners } = lists();
    const server =
      all.find(({ id }) => belongsTo(exposedUri, id))?.id ??
      resourceOwners.get(exposedUri) ??
      templateOwners.find(({ template }) => matches(template, exposedUri))?.server ??
      only;
    return server === undefined ? undefined : { server, uri: uris(server).toOriginal(exposedUri) };
  };
}

/** The first upstream that lists a URI owns it. */
export function ownersOf(
  lists: readonly { readonly id: string; readonly items: readonly JsonObject[] }[],
): Map<string, string> {
  const owners = new Map<string, string>();
  for (const { id, items } of lists) {
    for (const { uri } of items) {
      if (typeof uri === "string" && !owners.has(uri)) owners.set(uri, id);
    }
  }
  return owners;
}

/**
 * Does a URI have the form of an RFC 6570 template? The literal parts must appear in their order; an
 * expression stands for anything. No regular expression is built: templates come from strangers.
 */
function matches(template: string, uri: string): boolean {
  const [head = "", ...rest] = template.split(/\{[^}]*\}/);
  const tail = rest.pop();
  if (tail === undefined) return template === uri;
  if (!uri.startsWith(head) || !uri.endsWith(tail)) return false;
  let at = head.length;
  for (const part of rest) {
    const found = uri.indexOf(part, at);
    if (found === -1) return false;
    at = found + part.length;
  }
  return at <= uri.length - tail.length;
}
