/**
 * Where the bridge is. The document says so by its base, which the bridge sets relative to each page: whatever
 * prefix a proxy puts in front is part of it.
 */
const base = new URL(document.baseURI);

/** An address below the REST API: `history?limit=5`. */
export function apiUrl(below: string): URL {
  return new URL(`api/mcp/${below}`, base);
}

/** Where a browser signs in instead of showing a key, and then comes back to a page. */
export function loginUrl(to: string): URL {
  const url = new URL("oauth/login", base);
  url.searchParams.set("to", to);
  return url;
}

/** This page, as an address below where the pages begin. */
export function belowBase(): string {
  return location.href.slice(base.href.length).replace(/#.*$/, "");
}

/** The prefix under which the pages are, without a slash at its end: for the router. */
export const prefix = base.pathname.replace(/\/$/, "");
