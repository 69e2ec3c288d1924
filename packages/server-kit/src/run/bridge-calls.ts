import {
  type CallHost,
  type Clock,
  type HostCallOptions,
  isJsonObject,
  type JsonObject,
  type Logger,
  type RequestContext,
  TRESTLE_META,
  TrestleError,
} from "@trestle/protocol";
import { createProcessRegistry, createUpstream, listAll, type Upstream } from "@trestle/upstream";

/** A bridge elsewhere, whose tools a lone server calls. */
export interface BridgeCalls {
  forCall(context: RequestContext): CallHost;
  close(): Promise<void>;
}

const MAX_ROUNDS = 8;

export function connectBridge(parts: {
  readonly url: string;
  readonly key?: string;
  readonly clock: Clock;
  readonly log: Logger;
}): BridgeCalls {
  const { url, key, clock, log } = parts;
  const upstream = createUpstream(
    {
      id: "bridge",
      kind: "http",
      url,
      ...(key !== undefined && { headers: { authorization: `Bearer ${key}` } }),
    },
    {
      clock,
      log,
      processes: createProcessRegistry({ log }),
      clientInfo: { name: "trestle-server", version: "1" },
    },
  );
  return {
    forCall: (context) => ({
      listTools: () => listAll(upstream, "tools/list", context),
      callTool: (server, tool, args, options = {}) =>
        callThrough(upstream, { name: `${server}__${tool}`, args, options, context }),
    }),
    close: () => upstream.close(),
  };
}

interface Call {
  readonly name: string;
  readonly args: JsonObject;
  readonly options: HostCallOptions;
  readonly context: RequestContext;
}

async function callThrough(upstream: Upstream, call: Call): Promise<JsonObject> {
  const { name, args, options } = call;
  const context = innerContext(call);
  let params: JsonObject = { name, arguments: args, _meta: metaOf(options) };
  let result = await upstream.request("tools/call", params, context);
  for (let round = 0; result.resultType === "input_required"; round += 1) {
    if (options.onInputRequired === undefined || round === MAX_ROUNDS) {
      throw new TrestleError(
        "unsupported",
        `${name} asks for input, and this caller cannot answer.`,
      );
    }
    const asked = isJsonObject(result.inputRequests) ? result.inputRequests : {};
    const inputResponses = await options.onInputRequired(asked);
    params = { ...params, inputResponses, requestState: result.requestState };
    result = await upstream.request("tools/call", params, context);
  }
  return result;
}

function metaOf({ idempotencyKey, parentExecutionId }: HostCallOptions): JsonObject {
  return {
    ...(idempotencyKey !== undefined && { [TRESTLE_META.idempotencyKey]: idempotencyKey }),
    ...(parentExecutionId !== undefined && { "trestle/parentExecutionId": parentExecutionId }),
  };
}

/** The outer caller's limits hold for the inner call too; its progress and its questions do not. */
function innerContext({ options, context }: Call): RequestContext {
  const { onProgress: _outer, askClient: _ask, onLog: _log, ...rest } = context;
  const deadline = Math.min(options.deadline ?? Infinity, context.deadline ?? Infinity);
  return {
    ...rest,
    ...(options.signal && { signal: AbortSignal.any([options.signal, context.signal]) }),
    ...(Number.isFinite(deadline) && { deadline }),
    ...(options.onProgress && { onProgress: options.onProgress }),
  };
}
