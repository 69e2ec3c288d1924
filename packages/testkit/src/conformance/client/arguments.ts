import type { Tool } from "@modelcontextprotocol/client";

/** The least that a tool takes; one that wants a schema gets that of its neighbour, as the client was told it. */
export function argumentsFor(
  tool: Tool,
  tools: readonly Tool[],
): { name: string; arguments: Record<string, unknown> } {
  const { name, inputSchema } = tool;
  const properties = (inputSchema.properties ?? {}) as Record<string, { type?: unknown }>;
  const wanted = inputSchema.required ?? [];
  const neighbour = tools.find((other) => other !== tool)?.inputSchema;
  const values = wanted.map((key, index) => [
    key,
    key === "schema" ? neighbour : sampleOf(properties[key]?.type, index),
  ]);
  return { name, arguments: Object.fromEntries(values) };
}

function sampleOf(type: unknown, index: number): unknown {
  if (type === "number" || type === "integer") return index + 3;
  if (type === "boolean") return true;
  if (type === "array") return [];
  return type === "object" ? {} : "text";
}
