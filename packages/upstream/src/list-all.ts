import type { JsonObject, RequestContext } from "@trestle/protocol";
import { isJsonObject, TrestleError } from "@trestle/protocol";
import type { Upstream } from "./config.ts";

const MAX_PAGES = 64;
const ITEMS = {
  "tools/list": "tools",
  "prompts/list": "prompts",
  "resources/list": "resources",
  "resources/templates/list": "resourceTemplates",
} as const;
export type ListMethod = keyof typeof ITEMS;

/** All items of a list, over all its pages. */
export async function listAll(
  upstream: Pick<Upstream, "id" | "request">,
  method: ListMethod,
  context: RequestContext,
): Promise<JsonObject[]> {
  const items: JsonObject[] = [];
  const seen = new Set<string>();
  let cursor: string | undefined;
  for (let page = 0; page < MAX_PAGES; page += 1) {
    const result = await upstream.request(method, cursor === undefined ? {} : { cursor }, context);
    const found = result[ITEMS[method]];
    if (Array.isArray(found)) items.push(...found.filter(isJsonObject));
    // An empty cursor is a cursor.
    if (typeof result.nextCursor !== "string") return items;
    cursor = result.nextCursor;
    if (seen.has(cursor)) throw endless(upstream.id, method, "its pages go round in a circle");
    seen.add(cursor);
  }
  throw endless(upstream.id, method, `it has more than ${MAX_PAGES} pages`);
}

function endless(upstream: string, method: string, what: string): TrestleError {
  return new TrestleError(
    "unavailable",
    `${method} of upstream "${upstream}" has no end: ${what}.`,
    {
      retryable: false,
      details: { upstream },
    },
  );
}
