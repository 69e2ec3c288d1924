import { isJsonObject, type JsonObject } from "@trestle/protocol";
import type { CatalogTool } from "../catalog/view.ts";
import type { Core } from "../core.ts";

const MAX_SUMMARY = 200;

/** A tool as discover and find_tools show it; `full` adds all that is known of it. */
export function presentTool(
  name: string,
  tool: CatalogTool,
  { detail, core }: { readonly detail: "names" | "full"; readonly core: Core },
): JsonObject {
  const { definition, hints } = tool;
  const title = titleOf(definition);
  const description = String(definition.description ?? "");
  return {
    name,
    server: tool.server,
    tool: tool.name,
    ...(title === undefined ? {} : { title }),
    description: detail === "full" ? description : summaryOf(description),
    read_only: hints.readOnly,
    destructive: hints.destructive && !hints.readOnly,
    idempotent: hints.idempotent || hints.readOnly,
    cacheable: core.settings().of(tool).cache !== undefined,
    breaker: core.calls.pipeline.breaker.state(tool.server, tool.name),
    listed: tool.isListed !== false,
    ...(detail === "full" ? fullOf(tool) : {}),
  };
}

function fullOf({ definition, hash, hints }: CatalogTool): JsonObject {
  const { inputSchema, outputSchema } = definition;
  return {
    open_world: hints.openWorld,
    definition_hash: hash,
    input_schema: inputSchema ?? { type: "object" },
    ...(outputSchema === undefined ? {} : { output_schema: outputSchema }),
  };
}

function titleOf({ title, annotations }: JsonObject): string | undefined {
  const found = title ?? (isJsonObject(annotations) ? annotations.title : undefined);
  return typeof found === "string" ? found : undefined;
}

/** The first sentence or line of a description. */
function summaryOf(description: string): string {
  const [line = ""] = description.trim().split(/\n/);
  return line.length > MAX_SUMMARY ? `${line.slice(0, MAX_SUMMARY - 1)}…` : line;
}
