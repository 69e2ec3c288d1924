import {
  type JsonObject,
  SERVER_ABI,
  SERVER_MARK,
  type ServerDefinition,
  type ServerInstance,
} from "@trestle/protocol";
import { recordedTools } from "./recorded.ts";

/** Serves what was recorded: the tools of `RECORDED_SERVER`, or with `RECORDED_COUNT` so many variants of all. */
export const recordedServer: ServerDefinition = {
  [SERVER_MARK]: true,
  abi: SERVER_ABI,
  name: "recorded",
  title: "Recorded tools",
  version: "0.0.0",
  description: "Tools of published servers, to be found and not to be called.",
  configFields: [],
  tools: [],
  needsNoCredentials: true,
  mount(_host, { RECORDED_SERVER, RECORDED_COUNT }): ServerInstance {
    const tools = RECORDED_COUNT
      ? variants(Number(RECORDED_COUNT))
      : toolsOf(RECORDED_SERVER ?? "");
    return {
      info: { name: "recorded", version: "0.0.0" },
      capabilities: { tools: {} },
      request: async (method) => (method === "tools/list" ? { tools } : { content: [] }),
      subscribe: () => () => {},
      close: async () => {},
    };
  },
};

function toolsOf(server: string): JsonObject[] {
  return recordedTools().flatMap((tool) => (tool.server === server ? [tool.definition] : []));
}

/** Each with words of its own, as tools of many teams have. */
function variants(count: number): JsonObject[] {
  const all = recordedTools();
  return Array.from({ length: count }, (_, index) => {
    const { server, definition } = all[index % all.length] ?? { server: "", definition: {} };
    const name = `${server}_${definition.name}_${index}`;
    const description = `${definition.description} Variant${index % 977} of team${index % 331}.`;
    return { ...definition, name, description };
  });
}
