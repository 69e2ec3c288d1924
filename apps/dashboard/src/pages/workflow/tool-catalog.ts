import type { ToolEntry } from "../../api/generated.ts";
import { ownLast } from "../../lib/own-last.ts";
import { isFields, type JsonFields } from "./definition.ts";

/** What the builder knows of a tool. */
export interface CatalogTool {
  readonly server: string;
  readonly tool: string;
  readonly description: string;
  readonly input: JsonFields | undefined;
  readonly output: JsonFields | undefined;
}

export interface Catalog {
  readonly tools: readonly CatalogTool[];
  find(server: string, tool: string): CatalogTool | undefined;
  /** Those whose names and descriptions hold all the words. */
  search(words: string): readonly CatalogTool[];
}

export function createCatalog(entries: readonly ToolEntry[]): Catalog {
  const tools = ownLast(entries).map(toTool);
  const byName = new Map(tools.map((tool) => [`${tool.server}.${tool.tool}`, tool]));
  return {
    tools,
    find: (server, tool) => byName.get(`${server}.${tool}`),
    search(words) {
      const wanted = words.toLowerCase().split(/\s+/).filter(Boolean);
      const found = tools.filter(({ server, tool, description }) => {
        const text = `${server}.${tool} ${description}`.toLowerCase();
        return wanted.every((word) => text.includes(word));
      });
      // A name is what people search for: those whose name has the words come first.
      const inName = ({ server, tool }: CatalogTool): number =>
        Number(wanted.every((word) => `${server}.${tool}`.toLowerCase().includes(word)));
      return found.sort((one, other) => inName(other) - inName(one));
    },
  };
}

function toTool({
  server,
  tool,
  description,
  input_schema,
  output_schema,
}: ToolEntry): CatalogTool {
  return {
    server,
    tool,
    description: description.split("\n", 1)[0] ?? "",
    input: isFields(input_schema) ? input_schema : undefined,
    output: isFields(output_schema) ? output_schema : undefined,
  };
}

/** The names of a tool's arguments, what it needs first, with their schemas. */
export function parametersOf(
  tool: CatalogTool | undefined,
): readonly { readonly name: string; readonly schema: JsonFields; readonly required: boolean }[] {
  const properties = isFields(tool?.input?.properties) ? tool.input.properties : {};
  const needed = Array.isArray(tool?.input?.required) ? tool.input.required.map(String) : [];
  return Object.entries(properties)
    .map(([name, schema]) => ({
      name,
      schema: isFields(schema) ? schema : {},
      required: needed.includes(name),
    }))
    .sort((one, other) => Number(other.required) - Number(one.required));
}
