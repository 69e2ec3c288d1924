import { newTrail, type StandIn } from "@trestle/policy";
import {
  type Clock,
  isJsonObject,
  type JsonObject,
  META,
  nearestName,
  type RequestContext,
  RPC,
  RpcError,
  TrestleError,
} from "@trestle/protocol";
import type { Sees, Sight } from "./access/sight.ts";
import { type AskedControl, controlOf } from "./call-control.ts";
import type { Catalog } from "./catalog/catalog.ts";
import { checkFirst } from "./catalog/check-first.ts";
import { withPreset } from "./catalog/presets.ts";
import { rewriteContent } from "./catalog/uris.ts";
import type { CatalogTool } from "./catalog/view.ts";
import type { PolicySettings } from "./config/policy.ts";
import type { InnerCall } from "./host.ts";
import type { RequestStates } from "./parked/request-state.ts";
import { createPipeline, type Pipeline, type PipelineParts } from "./pipeline.ts";
import type { Running } from "./running.ts";
import { createTaskRelay, type TaskRelay } from "./tasks/relay-tasks.ts";
import type { BegunCall } from "./telemetry/tracer.ts";
import { OWN_SERVER } from "./tools/names.ts";
import type { Upstreams } from "./upstreams.ts";

export interface CallParts extends Omit<PipelineParts, "send" | "reenter"> {
  readonly catalog: Catalog;
  /** The bridge's own server among them. */
  readonly upstreams: Pick<Upstreams, "get">;
  readonly running: Running;
  readonly clock: Clock;
  readonly newId: () => string;
  /** As configured now. */
  readonly settings: () => PolicySettings;
  /** What of a result goes to a client that called the tool by its exposed name. */
  readonly shorten?: (result: JsonObject, tool: CatalogTool, context: RequestContext) => JsonObject;
  /** Seals what a tool that asks its user wants back. */
  readonly states?: Pick<RequestStates, "sealResult" | "tasks">;
  /** Follows a call through its trace; the parameters with which it goes on. */
  readonly trace?: (call: BegunCall) => JsonObject;
  /** Which tools the principal may be told of; all of them where there is no word on it. */
  readonly sees?: Sight["tools"];
}

export interface Calls {
  /** tools/call as clients send it: `params.name` is an exposed name. */
  callTool(params: JsonObject, context: RequestContext): Promise<JsonObject>;
  /** A call that names upstream and tool: from a mounted server, a chain, or the review queue. */
  callUpstreamTool(call: InnerCall): Promise<JsonObject>;
  readonly pipeline: Pipeline;
  /** Calls that went on after their answer; nothing where no client can be given a name for one. */
  readonly tasks?: TaskRelay | undefined;
}

/** From names to pipeline: makes a Call of a request and sends it on its way. */
export function createCalls(parts: CallParts): Calls {
  const { catalog, upstreams, running, clock, newId, settings } = parts;
  const present = (result: JsonObject, server: string): JsonObject =>
    rewriteContent(withoutIdentity(result), catalog.uris(server));
  const tasks =
    parts.states &&
    createTaskRelay({
      ...{ ids: parts.states.tasks, upstreams, present, clock },
      supportOf: (server, tool) => catalog.upstreamTool(server, tool)?.taskSupport,
    });

  const pipeline = createPipeline({
    ...parts,
    reenter,
    allows(principal, call) {
      const verdict = parts.allows(principal, call);
      // Who may not call it is not told of more than that.
      if (verdict === true) catalog.refuseWithheld(call.server, call.tool);
      return verdict;
    },
    send: async (call) => {
      call.trail.attempts += 1;
      const upstream = upstreams.get(call.server);
      if (!upstream)
        throw new TrestleError("not_found", `No server "${call.server}" is configured.`);
      if (catalog.isUnchecked(call.server)) await checkFirst(call, { upstream, catalog, clock });
      // It may have changed while the call waited for its turn, or between two attempts.
      catalog.refuseWithheld(call.server, call.tool);
      const result = await (tasks
        ? tasks.send(upstream, call)
        : upstream.request("tools/call", call.params, call.context));
      // What our own tools hand on came through here before.
      if (call.server === OWN_SERVER) return withoutIdentity(result);
      return present(result, call.server);
    },
  });

  function run(tool: CatalogTool, params: JsonObject, origin: Origin): Promise<JsonObject> {
    const { context, fallbackFrom, executionId = newId() } = origin;
    const parentExecutionId = origin.parentExecutionId ?? context.within?.executionId;
    const within = { executionId, depth: (context.within?.depth ?? 0) + 1 };
    const control = origin.control ?? controlOf(params);
    const { policy } = settings();
    const longest = Math.min(control?.timeoutMs ?? Infinity, policy.timeout.deadlineMs);
    const latest = clock.now() + longest;
    const toolSettings = settings().of(tool);
    const traced = parts.trace?.({ executionId, parentExecutionId, params }) ?? params;
    const partition = toolSettings.bySession && context.session?.id;
    const send = (signal: AbortSignal) =>
      pipeline.run({
        executionId,
        server: tool.server,
        tool: tool.name,
        definitionHash: tool.hash,
        hints: tool.hints,
        settings: toolSettings,
        ...(partition === undefined ? {} : { partition }),
        params: { ...withPreset(traced, tool), name: tool.name },
        context: {
          ...context,
          signal,
          deadline: Math.min(context.deadline ?? latest, latest),
          within,
        },
        ...(parentExecutionId === undefined ? {} : { parentExecutionId }),
        ...(control === undefined ? {} : { control }),
        ...(fallbackFrom === undefined ? {} : { fallbackFrom }),
        trail: newTrail(),
      });
    const isPart = context.within !== undefined;
    const own = isPart ? undefined : context.own;
    return running.run(context.signal, send, { isPart, own });
  }

  /** Another tool in the place of one that failed: a call of its own, for the same caller. */
  function reenter(standIn: StandIn): Promise<JsonObject> {
    const { server, tool: name, original, fallbackFrom } = standIn;
    const { context, executionId: parentExecutionId, control } = original;
    const params = { name, arguments: standIn.arguments };
    // What its caller asked for holds here, too; the deadline it set is that of the context.
    const origin = { context, parentExecutionId, fallbackFrom, ...(control && { control }) };
    return run(upstreamTool(server, name), params, origin);
  }

  function upstreamTool(server: string, name: string): CatalogTool {
    const tool = catalog.upstreamTool(server, name);
    if (tool) return tool;
    throw new TrestleError("not_found", `${server} offers no tool "${name}".`);
  }

  return {
    pipeline,
    tasks,
    async callTool(params, context) {
      const { name } = params;
      if (typeof name !== "string") {
        throw new RpcError(RPC.invalidParams, "tools/call needs the name of a tool");
      }
      let tool = findTool(name, catalog);
      if (!tool) {
        await catalog.settled();
        // A catalog that was closed meanwhile knows nothing: that is no word about the tool.
        running.refuseWhenDraining();
        tool = findTool(name, catalog);
      }
      if (!tool) {
        const sees = parts.sees?.(context.principal);
        throw new RpcError(RPC.invalidParams, unknownTool(name, catalog, sees));
      }
      const result = await run(tool, params, { context });
      if (result.resultType === "input_required" && parts.states) {
        const { principal } = context;
        return parts.states.sealResult(result, { method: "tools/call", params, principal });
      }
      return parts.shorten?.(result, tool, context) ?? result;
    },
    async callUpstreamTool({ server, tool: name, params, ...origin }) {
      if (!catalog.upstreamTool(server, name)) await catalog.settled();
      const { within, signal } = origin.context;
      if (within === undefined) running.refuseWhenDraining(signal);
      return run(upstreamTool(server, name), params, origin);
    },
  };
}

interface Origin {
  readonly context: RequestContext;
  readonly parentExecutionId?: string;
  readonly executionId?: string;
  readonly fallbackFrom?: readonly string[];
  readonly control?: AskedControl;
}

/** By its exposed name, or by `SERVER.TOOL`, which people write and no exposed name can be. */
function findTool(name: string, catalog: Catalog): CatalogTool | undefined {
  const dot = name.indexOf(".");
  return dot === -1
    ? catalog.tool(name)
    : catalog.upstreamTool(name.slice(0, dot), name.slice(dot + 1));
}

function unknownTool(name: string, catalog: Catalog, sees?: Sees<CatalogTool>): string {
  const known = [...catalog.allTools()].filter(([, tool]) => sees?.(tool) !== false);
  const names = known.map(([exposedName]) => exposedName);
  const near = nearestName(name.replace(".", "__"), names);
  return `Unknown tool: ${name}${near ? `. Did you mean ${near}?` : ""}`;
}

/** A result names its maker; towards the client that is the bridge. */
function withoutIdentity(result: JsonObject): JsonObject {
  const meta = result._meta;
  if (!isJsonObject(meta) || meta[META.serverInfo] === undefined) return result;
  const { [META.serverInfo]: _upstream, ...rest } = meta;
  return { ...result, _meta: rest };
}
