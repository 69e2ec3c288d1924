import {
  type CallHost,
  type Clock,
  type Host,
  type HostCallOptions,
  isJsonObject,
  type JsonObject,
  type Logger,
  type Principal,
  type RequestContext,
  TRESTLE_META,
  TrestleError,
} from "@trestle/protocol";
import type { Access } from "./access/access.ts";
import type { ApprovedCall } from "./state/review/review.ts";

/** The port of one mounted server. */
export type HostFactory = (serverId: string, dataDir: string) => Host;

/** A call that one server makes to another, in the name of whoever called the first. */
export interface InnerCall {
  readonly server: string;
  readonly tool: string;
  readonly params: JsonObject;
  readonly context: RequestContext;
  /** `context.within` where it is left out. */
  readonly parentExecutionId?: string;
  /** One of its own, for whoever must know it even if the call fails. */
  readonly executionId?: string;
}

export interface HostParts {
  readonly clock: Clock;
  readonly log: Logger;
  readonly access: Pick<Access, "grants" | "audit">;
  /** What the server with this id tells, and hears. */
  readonly topicsOf: (serverId: string) => Pick<Host, "publish" | "subscribe">;
  /** Those that the principal may use. */
  listTools(principal: Principal): Promise<JsonObject[]>;
  callTool(call: InnerCall): Promise<JsonObject>;
}

/** Gives each mounted server its port into this bridge. Calls through it pass the same pipeline as any other. */
export function createHostFactory(parts: HostParts): HostFactory {
  const { clock, log, access } = parts;
  const { grants, audit } = access;
  return (serverId, dataDir) => ({
    forCall: (context) => callsFor(() => context, parts),
    delegate: async ({ principal }, scopes) => grants.seal(serverId, principal, scopes),
    // Opened at each use: work that goes on for days must end when its key is revoked.
    forGrant: (grant) => callsFor(() => contextOf(grants.open(serverId, grant)), parts),
    ...parts.topicsOf(serverId),
    audit: (entry) => audit.record({ ...entry, server: serverId }),
    dataDir,
    clock,
    log: log.child({ server: serverId }),
  });
}

function callsFor(
  currentContext: () => RequestContext,
  { listTools, callTool }: HostParts,
): CallHost {
  return {
    async listTools() {
      return listTools(currentContext().principal);
    },
    async callTool(server, tool, args, options = {}) {
      const call = { server, tool, params: paramsOf(args, options) };
      return answerQuestions({ ...call, ...of(currentContext(), options) }, callTool, options);
    },
  };
}

const MAX_ROUNDS = 8;

/** Where the inner tool asks for input, the calling server answers, and the call goes on. */
async function answerQuestions(
  call: InnerCall,
  callTool: HostParts["callTool"],
  { onInputRequired }: HostCallOptions,
): Promise<JsonObject> {
  let result = await callTool(call);
  for (let round = 0; result.resultType === "input_required"; round += 1) {
    if (!onInputRequired || round === MAX_ROUNDS) {
      throw new TrestleError(
        "unsupported",
        `${call.server} ${call.tool} asks for input, and this caller cannot answer.`,
      );
    }
    const requests = isJsonObject(result.inputRequests) ? result.inputRequests : {};
    const inputResponses = await onInputRequired(requests);
    const { requestState } = result;
    result = await callTool({ ...call, params: { ...call.params, inputResponses, requestState } });
  }
  return result;
}

function paramsOf(args: JsonObject, { idempotencyKey }: HostCallOptions): JsonObject {
  const meta =
    idempotencyKey === undefined ? {} : { [TRESTLE_META.idempotencyKey]: idempotencyKey };
  return { arguments: args, _meta: meta };
}

function of(
  context: RequestContext,
  { signal, deadline, onProgress, parentExecutionId }: HostCallOptions,
): Pick<InnerCall, "context" | "parentExecutionId"> {
  const { onProgress: _outer, askClient: _ask, ...rest } = context;
  return {
    context: {
      ...rest,
      ...(signal === undefined ? {} : { signal: AbortSignal.any([signal, context.signal]) }),
      ...(deadline === undefined
        ? {}
        : { deadline: Math.min(deadline, context.deadline ?? deadline) }),
      ...(onProgress === undefined ? {} : { onProgress }),
    },
    ...(parentExecutionId === undefined ? {} : { parentExecutionId }),
  };
}

/** Durable work has no client in front of it: nobody to ask, nothing to report progress to. */
function contextOf(principal: Principal): RequestContext {
  return {
    principal,
    signal: new AbortController().signal,
    client: { era: "modern", protocolVersion: "2026-07-28", capabilities: {} },
  };
}

/** A call that a person approved, in the name of whoever made it. */
export function toInnerCall(approved: ApprovedCall): InnerCall {
  const { server, tool, idempotencyKey, principal } = approved;
  const meta = {
    [TRESTLE_META.idempotencyKey]: idempotencyKey,
    // What fails now is the answer: it must not wait for a person once more.
    [TRESTLE_META.control]: { use_fallback: false },
  };
  const params = { arguments: approved.arguments, _meta: meta };
  return { server, tool, params, context: contextOf(principal) };
}
