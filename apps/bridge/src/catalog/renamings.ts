import { renamingOf } from "./names.ts";
import { inShort } from "./sound.ts";
import type { CatalogTool } from "./view.ts";

/** What was done to the names of one server's tools, in words for whoever runs the bridge. */
export function renamingsOf(
  server: string,
  tools: ReadonlyMap<string, CatalogTool>,
  { renamed, maxLength }: { renamed: ReadonlyMap<string, string>; maxLength: number },
): string[] {
  const said = [...tools].flatMap(([exposed, tool]) => {
    if (tool.server !== server) return [];
    const name = renamed.get(tool.name) ?? tool.name;
    const told = renamingOf({ server, name }, exposed, maxLength);
    return told === undefined ? [] : [`tools: ${told}`];
  });
  return inShort(said);
}
