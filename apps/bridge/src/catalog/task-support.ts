import { isJsonObject, type JsonObject } from "@trestle/protocol";

export type TaskSupport = "optional" | "required";

/** What a tool of 2025-11-25 says of being called as a task; the extension leaves that to the server. */
export function taskSupportOf({ execution }: JsonObject): { taskSupport?: TaskSupport } {
  const support = isJsonObject(execution) ? execution.taskSupport : undefined;
  return support === "optional" || support === "required" ? { taskSupport: support } : {};
}

/**
 * Clients of that era call no tool that is to be called as a task only; through the bridge they may, since it waits for
 * what the task comes to.
 */
export function withoutTaskSupport(definition: JsonObject): JsonObject {
  if (taskSupportOf(definition).taskSupport === undefined) return definition;
  const { execution, ...rest } = definition;
  const { taskSupport: _, ...others } = isJsonObject(execution) ? execution : {};
  return Object.keys(others).length === 0 ? rest : { ...rest, execution: others };
}
