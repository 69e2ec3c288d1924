export type {
  EmbeddedConfig,
  EndGraces,
  HttpConfig,
  RestartPace,
  StateEntered,
  StdioConfig,
  Upstream,
  UpstreamConfig,
  UpstreamEvent,
  UpstreamFacts,
  UpstreamHealth,
  UpstreamParts,
} from "./config.ts";
export type { Credentials } from "./http/credentials.ts";
export { type ListMethod, listAll } from "./list-all.ts";
export {
  createProcessRegistry,
  type ProcessRegistry,
  type ProcessRegistryOptions,
} from "./processes/registry.ts";
export { createUpstream } from "./upstream.ts";
export { createMemoryVerdicts, type Verdict, type VerdictStore } from "./verdicts.ts";
