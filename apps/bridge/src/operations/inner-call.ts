import {
  isJsonObject,
  isRpcError,
  isTrestleError,
  type JsonObject,
  type JsonValue,
  messageOf,
  type RequestContext,
  TRESTLE_META,
} from "@trestle/protocol";
import type { Core } from "../core.ts";
import { resolveTool, type ToolName } from "./resolve.ts";

/** A call that an operation makes for its caller, through every policy of its own. */
export interface InnerAsk extends ToolName {
  readonly arguments?: JsonObject | undefined;
  /** `_meta["trestle/control"]`. */
  readonly control?: JsonObject | undefined;
  readonly idempotencyKey?: string | undefined;
  /** What else belongs into the request, as answers to what the tool asked. */
  readonly params?: JsonObject | undefined;
  readonly executionId?: string | undefined;
}

export interface InnerAnswer {
  /** As the upstream wrote it, with the facts of the call in its `_meta`. */
  readonly result: JsonObject;
  readonly metadata: JsonObject;
}

export async function callInner(
  ask: InnerAsk,
  context: RequestContext,
  core: Core,
): Promise<InnerAnswer> {
  const { server, name, exposedName } = await resolveTool(ask, core, context.principal);
  const { control, idempotencyKey, executionId } = ask;
  const meta = {
    ...(control === undefined || Object.keys(control).length === 0
      ? {}
      : { [TRESTLE_META.control]: control }),
    ...(idempotencyKey === undefined ? {} : { [TRESTLE_META.idempotencyKey]: idempotencyKey }),
  };
  const result = await core.calls.callUpstreamTool({
    server,
    tool: name,
    params: { ...ask.params, arguments: ask.arguments ?? {}, _meta: meta },
    context,
    ...(executionId === undefined ? {} : { executionId }),
  });
  return { result, metadata: { server, tool: name, name: exposedName, ...factsOf(result) } };
}

/** What the bridge wrote of the call into its result. */
function factsOf({ _meta: meta }: JsonObject): JsonObject {
  const facts = isJsonObject(meta) ? meta[TRESTLE_META.call] : undefined;
  return isJsonObject(facts) ? facts : {};
}

/** A failure as data: what was thrown, or what a tool reported. */
export function failureOf(error: unknown): JsonObject {
  if (isTrestleError(error)) {
    const { code, message, retryable, retryAfterMs, details } = error;
    return {
      code,
      message,
      retryable,
      ...(retryAfterMs === undefined ? {} : { retry_after_ms: retryAfterMs }),
      ...(details === undefined ? {} : { details }),
    };
  }
  if (isRpcError(error)) return { code: String(error.code), message: error.message };
  return { code: "internal", message: messageOf(error) };
}

/** The failure of an `isError` result. */
export function toolFailureOf(result: JsonObject): JsonObject {
  const meta = isJsonObject(result._meta) ? result._meta[TRESTLE_META.error] : undefined;
  const facts = isJsonObject(meta) ? meta : {};
  const code = typeof facts.code === "string" ? facts.code : "tool_error";
  return {
    ...facts,
    code,
    message: textOf(result) || "The tool reported an error without a text.",
  };
}

/** The texts of a result, joined. */
export function textOf({ content }: JsonObject): string {
  const blocks: readonly JsonValue[] = Array.isArray(content) ? content : [];
  return blocks
    .flatMap((block) => (isJsonObject(block) && typeof block.text === "string" ? [block.text] : []))
    .join("\n");
}
