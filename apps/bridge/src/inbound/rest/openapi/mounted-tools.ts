import { isJsonObject, type JsonObject } from "@trestle/protocol";

/** What tools of servers that may be mounted answer, by their names, as JSON Schema. */
export type MountedTools = Readonly<Record<string, JsonObject>>;

let kept: Promise<MountedTools> | undefined;

/** Read once from the servers themselves: whoever asks for the document waits for them, and nobody else. */
export function mountedTools(): Promise<MountedTools> {
  kept ??= readTools();
  return kept;
}

async function readTools(): Promise<MountedTools> {
  const modules = await Promise.all([
    import("@trestle-mcp/orchestrator"),
    import("@trestle-mcp/database"),
  ]);
  const definitions = modules.flatMap(({ server }) => server.describeTools());
  return Object.fromEntries(
    definitions.flatMap(({ name, outputSchema }) =>
      isJsonObject(outputSchema) ? [[String(name), outputSchema]] : [],
    ),
  );
}
