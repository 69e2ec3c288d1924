import {
  isJsonObject,
  type JsonObject,
  type RequestContext,
  TRESTLE_META,
  TrestleError,
} from "@trestle/protocol";
import type { ToolContext } from "../define/context.ts";
import type { TaskControl } from "../tasks/task-control.ts";
import type { EventSource, InstanceParts } from "./parts.ts";
import type { Round } from "./round.ts";

const MAX_KEY_LENGTH = 256;

/** The context of one request as its tool, prompt or resource sees it. */
export function toToolContext<State>(made: {
  readonly state: State;
  readonly parts: InstanceParts<State>;
  readonly events: EventSource;
  readonly request: RequestContext;
  readonly params: JsonObject;
  readonly round: Round;
  readonly task?: TaskControl | undefined;
}): ToolContext<State> {
  const { state, parts, events, request, round, task } = made;
  const meta = metaOf(made.params);
  const idempotencyKey = idempotencyKeyOf(made.params);
  return {
    state,
    signal: request.signal,
    ...(request.deadline !== undefined && { deadline: request.deadline }),
    principal: request.principal,
    client: request.client,
    ...(idempotencyKey !== undefined && { idempotencyKey }),
    meta,
    inputResponses: round.inputResponses,
    ...(round.requestState !== undefined && { requestState: round.requestState }),
    ...(task !== undefined && { task }),
    progress(progress) {
      request.onProgress?.(progress);
      if (progress.message !== undefined) task?.tell(progress.message);
    },
    logMessage: (message) => request.onLog?.(message),
    log: parts.host.log,
    clock: parts.host.clock,
    host: parts.host,
    get call() {
      return parts.host.forCall(request);
    },
    resourceUpdated: events.resourceUpdated,
    listChanged: events.listChanged,
  };
}

/** `params._meta`, or nothing. */
function metaOf(params: JsonObject): JsonObject {
  return isJsonObject(params._meta) ? params._meta : {};
}

/** The caller's key; one that cannot be honoured is refused, for the caller relies on it. */
export function idempotencyKeyOf(params: JsonObject): string | undefined {
  const key = metaOf(params)[TRESTLE_META.idempotencyKey];
  if (key === undefined) return undefined;
  if (typeof key === "string" && key !== "" && key.length <= MAX_KEY_LENGTH) return key;
  throw new TrestleError(
    "invalid_input",
    `${TRESTLE_META.idempotencyKey} must be a text of 1 to ${MAX_KEY_LENGTH} characters.`,
  );
}
