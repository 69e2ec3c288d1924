/** For those who run programs that are no MCP servers. */
export { childEnvironment, type Environment } from "./environment.ts";
export { endGroup, groupAlive } from "./group.ts";
