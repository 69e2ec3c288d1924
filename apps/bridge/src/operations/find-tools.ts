import { isJsonObject, type JsonObject } from "@trestle/protocol";
import * as z from "zod";
import type { CatalogTool } from "../catalog/view.ts";
import { OWN_SERVER } from "../tools/names.ts";
import { foundTools, toolDetail } from "./answers/tools.ts";
import { limitField, NO_EFFECT, serverField, toolField } from "./fields.ts";
import { defineOperation } from "./operation.ts";
import { presentTool } from "./present.ts";
import { resolveTool, searchOf, serverIdOf } from "./resolve.ts";

export const findTools = defineOperation({
  name: "find_tools",
  title: "Find tools",
  description:
    "Finds tools of all servers by words: what they are called, what they do, what they take. The best first.",
  input: z.object({
    query: z.string().min(1).describe("Words such as `read file` or `create issue`."),
    server: serverField.optional(),
    limit: limitField.default(10),
  }),
  output: foundTools,
  hints: NO_EFFECT,
  needs: "caller",
  async run({ query, server, limit }, asker, core) {
    await Promise.all([core.catalog.listable(), core.usage.ready()]);
    const id = server === undefined ? undefined : serverIdOf(server, core);
    // What finds tools is known to whoever asks, unless it is asked for by name.
    const isMeant = (tool: CatalogTool): boolean =>
      id === undefined ? tool.server !== OWN_SERVER : tool.server === id;
    const sees = core.exposure.sees(asker);
    const { total, found } = searchOf(core).find(query, {
      limit,
      factor: core.usage.factorFor(asker.principal.id),
      accepts: sees ? (tool) => isMeant(tool) && sees(tool) : isMeant,
    });
    return {
      total,
      tools: found.map(({ name, tool, score }) => ({
        ...presentTool(name, tool, { detail: "names", core }),
        arguments: argumentsOf(tool.definition),
        score: Math.round(score * 1_000) / 1_000,
      })),
    };
  },
});

export const describeTool = defineOperation({
  name: "describe_tool",
  title: "Describe a tool",
  description: "All that is known of one tool: its whole description, its schemas, what it does.",
  input: z.object({ tool: toolField, server: serverField.optional() }),
  output: toolDetail,
  hints: NO_EFFECT,
  needs: "caller",
  async run(input, { principal }, core) {
    const tool = await resolveTool(input, core, principal);
    core.sight.refuseUnseen(tool, principal);
    // One that is listed is shown as it was approved.
    if (tool.isListed === false) core.catalog.refuseWithheld(tool.server, tool.name);
    return presentTool(tool.exposedName, tool, { detail: "full", core });
  },
});

/** Names of the arguments; those that it needs end in `!`. */
function argumentsOf({ inputSchema }: JsonObject): string[] {
  if (!isJsonObject(inputSchema) || !isJsonObject(inputSchema.properties)) return [];
  const { required } = inputSchema;
  const needed = new Set(Array.isArray(required) ? required : []);
  return Object.keys(inputSchema.properties).map((name) => (needed.has(name) ? `${name}!` : name));
}
