export {
  type CallHost,
  type ClientFacts,
  type Clock,
  type ConfigField,
  type ErrorCode,
  type Grant,
  type Host,
  type HostCallOptions,
  type JsonObject,
  type JsonValue,
  LOCAL_PRINCIPAL,
  type Logger,
  type Principal,
  type Progress,
  type RequestContext,
  RpcError,
  type ServerDefinition,
  type ServerEvent,
  type ServerInstance,
  systemClock,
  TrestleError,
} from "@trestle/protocol";
export { type Flags, parseFlags } from "./config/flags.ts";
export { parseConfig, type RawSettings } from "./config/parse.ts";
export {
  renderConfigTable,
  renderEnvExample,
  renderHelp,
  renderToolsTable,
} from "./config/render.ts";
export { type SettingFacts, setting } from "./config/setting.ts";
export { confirmArgument, confirmDeed, type Deed } from "./define/confirm.ts";
export type { ListKind, ToolContext } from "./define/context.ts";
export {
  type InputRequest,
  type InputRequired,
  inputRequired,
} from "./define/input-required.ts";
export {
  definePrompt,
  type PromptArgument,
  type PromptDefinition,
  type PromptSpec,
} from "./define/prompt.ts";
export {
  type Complete,
  defineResource,
  type ResourceDefinition,
  type ResourceSpec,
} from "./define/resource.ts";
export {
  checkServerDefinition,
  type DefinedServer,
  defineServer,
  type OpenParts,
  type ServerSpec,
} from "./define/server.ts";
export {
  defineRawTool,
  defineTool,
  type Hints,
  type RawToolSpec,
  type ToolDefinition,
  type ToolSpec,
} from "./define/tool.ts";
export { createAuditFile } from "./host/audit-file.ts";
export { createTopics, type TopicEvent, type Topics } from "./host/topics.ts";
export type { StoredTasks } from "./instance/parts.ts";
export {
  createLogger,
  type LoggerOptions,
  type LogLevel,
  logLevelOf,
  withoutSecrets,
} from "./log.ts";
export { createRedactor } from "./redact.ts";
export { isLoopback } from "./run/http-address.ts";
export type { ProcessLike } from "./run/process-like.ts";
export { runServer } from "./run/run-server.ts";
export {
  createStandaloneHost,
  type StandaloneHost,
  type StandaloneHostParts,
} from "./run/standalone-host.ts";
export { readSurroundings, type Surroundings } from "./run/surroundings.ts";
export {
  type Authenticate,
  type AuthRefusal,
  type Presented,
  toRefusalHead,
} from "./serve/authenticate.ts";
export { toWireError } from "./serve/errors.ts";
export {
  createHttpEndpoint,
  type HttpEndpoint,
  type HttpEndpointOptions,
  type RequestFacts,
} from "./serve/http.ts";
export {
  checkInputCapabilities,
  fulfilLive,
  isInputRequired,
  missingCapability,
} from "./serve/input-required.ts";
export {
  type EntranceAsks,
  type HttpServing,
  type ServeHttpOptions,
  serveHttp,
} from "./serve/node-http.ts";
export type { Body } from "./serve/read-body.ts";
export type { SessionFacts } from "./serve/sessions.ts";
export {
  type ServeStreamOptions,
  type StreamConnection,
  type StreamServing,
  serveStream,
} from "./serve/stream.ts";
