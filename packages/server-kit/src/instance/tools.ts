import {
  digestOf,
  isJsonObject,
  type JsonObject,
  nearestName,
  type RequestContext,
  RPC,
  RpcError,
  TrestleError,
  takesTasks,
} from "@trestle/protocol";
import { isInputRequired } from "../define/input-required.ts";
import type { ToolDefinition } from "../define/tool.ts";
import type { TaskControl } from "../tasks/task-control.ts";
import { missingTasks } from "../tasks/tasks.ts";
import { idempotencyKeyOf, toToolContext } from "./context.ts";
import type { Core } from "./instance.ts";
import { openRound, toInputRequiredResult } from "./round.ts";
import { untilAborted } from "./until-aborted.ts";

/** Name or alias to tool. */
export function indexTools<State>(
  tools: readonly ToolDefinition<State>[],
): ReadonlyMap<string, ToolDefinition<State>> {
  const index = new Map<string, ToolDefinition<State>>();
  for (const tool of tools) for (const name of [tool.name, ...tool.aliases]) index.set(name, tool);
  return index;
}

/** tools/call: failures that the model can mend are results, protocol faults are thrown. */
export async function callTool<State>(
  core: Core<State>,
  params: JsonObject,
  request: RequestContext,
): Promise<JsonObject> {
  const tool = findTool(core, params.name);
  const args = params.arguments ?? {};
  if (!isJsonObject(args)) throw new RpcError(RPC.invalidParams, "arguments must be an object.");
  const call = { tool, args, params, request };
  if (tool.task !== undefined && takesTasks(request.client)) return runAsTask(core, call);
  if (tool.task === "required") throw missingTasks(tool.name);
  return answerCall(core, call);
}

async function answerCall<State>(core: Core<State>, call: ToolCall<State>): Promise<JsonObject> {
  try {
    return await runTool(core, call);
  } catch (error) {
    const failure = call.request.signal.aborted ? toCancelled(error) : error;
    return core.errors.toResult(failure, call.tool.name);
  }
}

/** The deadline is that of an answer, which a task does not owe. */
function runAsTask<State>(core: Core<State>, call: ToolCall<State>): Promise<JsonObject> {
  const { deadline: _, ...request } = call.request;
  return core.tasks.run({
    principal: request.principal.id,
    signal: request.signal,
    namesItself: call.tool.namesTasks === true,
    async round({ asked, answers }, { signal, task }) {
      const params = asked === undefined ? call.params : nextRound(call.params, asked, answers);
      const result = await answerCall(core, {
        ...call,
        ...{ params, task, request: { ...request, signal } },
      });
      if (signal.aborted) throw signal.reason;
      return result;
    },
  });
}

function nextRound(
  params: JsonObject,
  { requestState }: JsonObject,
  inputResponses: JsonObject = {},
): JsonObject {
  return { ...params, inputResponses, ...(requestState !== undefined && { requestState }) };
}

interface ToolCall<State> {
  readonly tool: ToolDefinition<State>;
  readonly args: JsonObject;
  readonly params: JsonObject;
  readonly request: RequestContext;
  readonly task?: TaskControl;
}

async function runTool<State>(core: Core<State>, call: ToolCall<State>): Promise<JsonObject> {
  const { tool, args, params, request, task } = call;
  const input = tool.parse(args);
  const binding = {
    principal: request.principal.id,
    method: "tools/call",
    name: tool.name,
    /** Of no use to most calls, and not for nothing on large arguments. */
    get argumentsDigest() {
      return digestOf(args);
    },
  };
  const round = await openRound(params, core.seal, binding);

  async function run(): Promise<JsonObject> {
    const state = await core.state.get();
    const context = toToolContext({ ...core, state, request, params, round, task });
    const output = await tool.run(input as never, context);
    if (!isInputRequired(output)) return output;
    return toInputRequiredResult(output, { seal: core.seal, binding });
  }

  const { signal } = request;
  const key = idempotencyKeyOf(params);
  if (key === undefined || tool.hints.readOnly) return untilAborted(run(), signal);
  const toResult = (error: unknown) => core.errors.toResult(error, tool.name);
  const once = core.idempotency.once({ key, ...binding }, { run, signal, toResult });
  return untilAborted(once, signal);
}

function findTool<State>(core: Core<State>, name: unknown): ToolDefinition<State> {
  const tool = typeof name === "string" ? core.toolIndex.get(name) : undefined;
  if (tool !== undefined) return tool;
  const nearest = nearestName(String(name), [...core.toolIndex.keys()]);
  throw new RpcError(
    RPC.invalidParams,
    `Unknown tool "${String(name)}"${nearest === undefined ? "" : `; did you mean "${nearest}"?`}`,
  );
}

function toCancelled(error: unknown): TrestleError {
  return new TrestleError("cancelled", "The call was cancelled before it finished.", {
    cause: error,
  });
}
