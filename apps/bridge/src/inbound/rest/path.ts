export const BASE = "/api/mcp";
/** Another word for the base; without anything behind it, it is the MCP endpoint. */
const ALIAS = "/mcp/";

/** What follows the base: empty for the base itself, undefined for paths of others. */
export function pathBelow(path: string): string | undefined {
  if (path === BASE || path === `${BASE}/`) return "";
  const prefix = [`${BASE}/`, ALIAS].find((each) => path.startsWith(each));
  const below = prefix === undefined ? "" : path.slice(prefix.length).replace(/\/$/, "");
  return below === "" ? undefined : below;
}
