export { canonicalJson, digestOf } from "./canonical.ts";
export {
  type Era,
  LATEST_LEGACY_VERSION,
  LEGACY_VERSIONS,
  META,
  MODERN_VERSION,
  TRESTLE_META,
} from "./era.ts";
export {
  ERROR_CODES,
  type ErrorCode,
  type ErrorFacts,
  executionIdOf,
  isRpcError,
  isTrestleError,
  messageOf,
  RPC,
  RpcError,
  TrestleError,
} from "./errors.ts";
export { EXIT, exitCodeOf, isCommanderError } from "./exit-code.ts";
export { createLineSplitter, MAX_FRAME_BYTES, type SplitLines } from "./framing.ts";
export { matchesGlob } from "./glob.ts";
export {
  type Attempt,
  type ClientFacts,
  LOCAL_PRINCIPAL,
  type LogMessage,
  type Principal,
  type Progress,
  type RequestContext,
  type ResourceUpdated,
  type ServerEvent,
  type ServerInstance,
} from "./instance.ts";
export {
  isJsonObject,
  isKeptNumber,
  type JsonObject,
  type JsonPrimitive,
  type JsonValue,
  parseJson,
  toPlainNumbers,
} from "./json.ts";
export { type Logger, silentLogger } from "./log.ts";
export { isLogWanted, LOG_LEVELS } from "./log-levels.ts";
export { nearestName } from "./nearest.ts";
export { nodeHttp, nodeHttps } from "./node-http.ts";
export { createOwnSignal, listenTo, type OwnSignal } from "./own-signal.ts";
export { createRoster, type Roster } from "./roster.ts";
export {
  isNotification,
  isRequest,
  isResponse,
  isRpcId,
  isRpcMessage,
  type RpcFault,
  type RpcId,
  type RpcMessage,
  type RpcNotification,
  type RpcRequest,
  type RpcResponse,
} from "./rpc.ts";
export {
  type CallHost,
  type Clock,
  type ConfigField,
  type Grant,
  type Host,
  type HostCallOptions,
  isServerDefinition,
  SERVER_ABI,
  SERVER_MARK,
  type ServerDefinition,
  systemClock,
  type ToolSummary,
} from "./seam.ts";
export { isSecretName } from "./secret-names.ts";
export { type ClientSession, type OpenSession, openSession } from "./session.ts";
export { TASKS_EXTENSION, takesTasks } from "./tasks.ts";
export { structuredAnswer } from "./tool-answer.ts";
