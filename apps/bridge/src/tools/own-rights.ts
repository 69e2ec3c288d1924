import type { Principal } from "@trestle/protocol";
import type { Access } from "../access/access.ts";
import type { CatalogTool } from "../catalog/view.ts";
import { OWN_SERVER } from "./names.ts";
import ownTools from "./own-tools.json" with { type: "json" };

/** May the principal use this tool of the bridge itself? No word on tools of others. */
export function createOwnRights({
  allows,
}: Pick<Access, "allows">): (principal: Principal, tool: CatalogTool) => boolean | undefined {
  const needs = new Map(ownTools.map((tool) => [tool.definition.name, tool.needs]));
  return (principal, { server, name, hints }) => {
    if (server !== OWN_SERVER) return undefined;
    switch (needs.get(name)) {
      case "admin":
        return principal.kind === "admin";
      case "scope":
        return allows(principal, { server, tool: name, hints });
      default:
        return true;
    }
  };
}
