/** What serves an instance, without what defines one: a program that mounts no server of ours loads no more. */
export { createTopics, type TopicEvent, type Topics } from "./host/topics.ts";
export {
  createLogger,
  type LoggerOptions,
  type LogLevel,
  logLevelOf,
  withoutSecrets,
} from "./log.ts";
export { createRedactor } from "./redact.ts";
export { isLoopback } from "./run/http-address.ts";
export {
  type Authenticate,
  type AuthRefusal,
  type Prepare,
  type Presented,
  SESSION_COOKIE,
  toRefusalHead,
} from "./serve/authenticate.ts";
export { toWireError } from "./serve/errors.ts";
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
  type Upgrade,
} from "./serve/node-http.ts";
export { discoveryOf } from "./serve/opening.ts";
export { isPlainClient, isPlainId, isPlainMessage } from "./serve/plain.ts";
export type { Body } from "./serve/read-body.ts";
export { schemaFault } from "./serve/schema-fault.ts";
export type { SessionFacts } from "./serve/sessions.ts";
export type { SessionSiblings } from "./serve/siblings.ts";
export {
  type ServeStreamOptions,
  type StreamConnection,
  type StreamServing,
  serveStream,
} from "./serve/stream.ts";
export type { RefusedRequest } from "./serve/tell-refused.ts";
