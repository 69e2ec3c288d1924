import type { ClientFacts } from "./instance.ts";
import { isJsonObject } from "./json.ts";

/** The extension of MCP for calls that go on after their answer, as peers declare it under `capabilities.extensions`. */
export const TASKS_EXTENSION = "io.modelcontextprotocol/tasks";

/** Whether a client said that it takes tasks; the legacy era has another form of them. */
export function takesTasks({ era, capabilities: { extensions } }: ClientFacts): boolean {
  return era === "modern" && isJsonObject(extensions) && TASKS_EXTENSION in extensions;
}
