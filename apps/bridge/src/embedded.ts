import {
  type Host,
  isServerDefinition,
  messageOf,
  nearestName,
  type ServerDefinition,
  type ServerInstance,
  TrestleError,
} from "@trestle/protocol";

/** Our own servers by their short names, imported when first needed. */
const ours: Readonly<Record<string, () => Promise<Record<string, unknown>>>> = {
  database: () => import("@trestle-mcp/database"),
  knowledge: () => import("@trestle-mcp/r2-knowledge"),
  "r2-knowledge": () => import("@trestle-mcp/r2-knowledge"),
  tracker: () => import("@trestle-mcp/tracker"),
  orchestrator: () => import("@trestle-mcp/orchestrator"),
  objects: () => import("@trestle-mcp/objects"),
};

/** Mounts one of our servers, or any module that exports a server definition, in this process. */
export async function mountEmbedded(
  name: string,
  settings: Readonly<Record<string, string | undefined>>,
  hostFor: (serverName: string) => Host,
): Promise<ServerInstance> {
  const definition = await findDefinition(name, await importServer(name));
  return definition.mount(hostFor(definition.name), settings);
}

async function importServer(name: string): Promise<Record<string, unknown>> {
  const own = Object.hasOwn(ours, name) ? ours[name] : undefined;
  try {
    return await (own ? own() : import(name));
  } catch (error) {
    const near = nearestName(name, Object.keys(ours));
    const advice = near ? `Did you mean "${near}"?` : "Is the package installed beside the bridge?";
    throw new TrestleError(
      "invalid_config",
      `${name} cannot be mounted: ${messageOf(error)}. ${advice}`,
    );
  }
}

/** The definition among a module's exports. An unknown abi is refused with a sentence. */
async function findDefinition(
  name: string,
  module: Record<string, unknown>,
): Promise<ServerDefinition> {
  const found = Object.values(module).find(isServerDefinition);
  // Who mounts a server has loaded what defines one; who mounts none need not.
  const { checkServerDefinition } = await import("@trestle-mcp/server-kit");
  if (found) return checkServerDefinition(found);
  throw new TrestleError("invalid_config", `${name} exports no server definition to mount.`);
}
