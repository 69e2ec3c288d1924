import type { JsonObject } from "@trestle/protocol";

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

/** The methods that an instance with these capabilities answers. */
export function methodsOf(capabilities: JsonObject): ReadonlySet<string> {
  return new Set(
    Object.entries(methodsByCapability)
      .filter(([capability]) => capabilities[capability] !== undefined)
      .flatMap(([, methods]) => methods),
  );
}
