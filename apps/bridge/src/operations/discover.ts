import type { JsonObject, Principal } from "@trestle/protocol";
import * as z from "zod";
import type { CatalogTool } from "../catalog/view.ts";
import type { Core } from "../core.ts";
import { OWN_SERVER } from "../tools/names.ts";
import { discovered } from "./answers/tools.ts";
import { NO_EFFECT, serverField, toolField } from "./fields.ts";
import { defineOperation } from "./operation.ts";
import { presentTool } from "./present.ts";
import { aliasesOf, resolveTool, searchOf, serverIdOf } from "./resolve.ts";

export const discover = defineOperation({
  name: "discover",
  title: "Discover",
  description: "Everything this bridge offers: its servers and all their tools, listed or not.",
  input: z.object({
    query: z.string().optional().describe("Only tools that have to do with these words."),
    server: serverField.optional(),
    tool: toolField.optional(),
    detail: z
      .enum(["names", "full"])
      .default("names")
      .describe("full adds whole descriptions and schemas."),
  }),
  output: discovered,
  hints: NO_EFFECT,
  needs: "caller",
  async run({ query, server, tool, detail }, { principal }, core) {
    await core.catalog.listable();
    const id = server === undefined ? undefined : serverIdOf(server, core);
    const seen = seenBy(principal, core);
    const wanted =
      tool === undefined
        ? matching(seen, query, core)
        : [await oneOf({ tool, server }, principal, core)];
    const tools = wanted
      .filter(([, each]) => id === undefined || each.server === id)
      .map(([name, each]) => presentTool(name, each, { detail, core }));
    const sees = core.sight.servers(principal);
    const servers = serversOf(seen, core)
      .filter((each) => id === undefined || each.id === id)
      .filter((each) => sees?.(String(each.id)) !== false);
    return { servers, tools, total: tools.length };
  },
});

type Entry = readonly [string, CatalogTool];

function seenBy(principal: Principal, { catalog, sight }: Core): ReadonlyMap<string, CatalogTool> {
  const sees = sight.tools(principal);
  const all = catalog.allTools();
  return sees ? new Map([...all].filter(([, tool]) => sees(tool))) : all;
}

function matching(
  seen: ReadonlyMap<string, CatalogTool>,
  query: string | undefined,
  core: Core,
): Entry[] {
  if (query === undefined) return [...seen];
  const { found } = searchOf(core).find(query, { accepts: (_tool, name) => seen.has(name) });
  return found.map(({ name, tool }) => [name, tool]);
}

async function oneOf(
  name: { tool: string; server: string | undefined },
  principal: Principal,
  core: Core,
): Promise<Entry> {
  const found = await resolveTool(name, core, principal);
  core.sight.refuseUnseen(found, principal);
  return [found.exposedName, found];
}

function serversOf(seen: ReadonlyMap<string, CatalogTool>, core: Core): JsonObject[] {
  const counts = new Map<string, number>();
  for (const { server } of seen.values()) counts.set(server, (counts.get(server) ?? 0) + 1);
  const servers = core.upstreams.all().map((upstream): JsonObject => {
    const aliases = aliasesOf(upstream.id, core);
    return {
      id: upstream.id,
      kind: upstream.kind,
      state: upstream.health().state,
      tools_count: counts.get(upstream.id) ?? 0,
      ...(aliases.length === 0 ? {} : { aliases: [...aliases] }),
    };
  });
  const own = counts.get(OWN_SERVER);
  if (own === undefined) return servers;
  return [...servers, { id: OWN_SERVER, kind: "embedded", state: "ready", tools_count: own }];
}
