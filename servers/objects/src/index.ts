export { type ObjectPrincipal, parseScope } from "./auth/scopes.ts";
export { signToken } from "./auth/tokens.ts";
export { builtInClasses } from "./classes/built-in.ts";
export { applyText, type TextOperation, transformText } from "./classes/text-operation.ts";
export { createObjectsClient, type ObjectsClient } from "./client/client.ts";
export type { CallOptions, ObjectHandle } from "./client/object-handle.ts";
export type { ClientEvent, ObjectsClientOptions } from "./client/settings.ts";
export type { Update, WatchOptions } from "./client/watching.ts";
export {
  defineInitial,
  defineMethod,
  defineObjectClass,
  defineReader,
  type ObjectClass,
  type ObjectContext,
  type ReadContext,
} from "./object-class.ts";
export { ObjectError, type ObjectErrorCode } from "./object-error.ts";
/** The server, for mounting. */
export { server } from "./server.ts";
