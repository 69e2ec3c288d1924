import { isJsonObject, type JsonObject, TASKS_EXTENSION } from "@trestle/protocol";

const methodsByCapability: Readonly<Record<string, readonly string[]>> = {
  tools: ["tools/list", "tools/call"],
  prompts: ["prompts/list", "prompts/get"],
  resources: [
    "resources/list",
    "resources/templates/list",
    "resources/read",
    "resources/subscribe",
    "resources/unsubscribe",
  ],
  completions: ["completion/complete"],
};

export const TASK_METHODS = ["tasks/get", "tasks/update", "tasks/cancel"];

/** The methods that an instance with these capabilities answers. */
export function methodsOf(capabilities: JsonObject): ReadonlySet<string> {
  const methods = Object.entries(methodsByCapability)
    .filter(([capability]) => capabilities[capability] !== undefined)
    .flatMap(([, names]) => names);
  const { extensions } = capabilities;
  const hasTasks = isJsonObject(extensions) && TASKS_EXTENSION in extensions;
  return new Set(hasTasks ? [...methods, ...TASK_METHODS] : methods);
}

/** What a legacy peer is told: the extensions are of the modern era. */
export function legacyCapabilities({ extensions: _, ...capabilities }: JsonObject): JsonObject {
  return capabilities;
}
