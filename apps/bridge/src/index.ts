/** The bridge as a library: what `trestle serve` runs. */
export { type Bridge, type BridgeParts, createBridge, type UpstreamStatus } from "./bridge.ts";
export { type Config, type LoadOptions, loadConfig } from "./config/load.ts";
export type { Problem, ServerConfig } from "./config/servers.ts";
