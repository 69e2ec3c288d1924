import type { Call } from "@trestle/policy";
import {
  type Clock,
  isJsonObject,
  type JsonObject,
  type Principal,
  type RequestContext,
  RPC,
  RpcError,
  takesTasks,
} from "@trestle/protocol";
import type { Upstream } from "@trestle/upstream";
import type { TaskSupport } from "../catalog/task-support.ts";
import { lookAt, taskIn } from "./dialects.ts";
import { asksForTasks, refuseWithoutTasks, withoutTasks, withTasks } from "./task-clients.ts";
import type { Task, TaskIds } from "./task-ids.ts";
import { waitForTask } from "./wait-for-task.ts";

export interface TaskRelayParts {
  readonly ids: TaskIds;
  readonly upstreams: { get(id: string): Upstream | undefined };
  /** Whether the tool is called as a task of 2025-11-25. */
  readonly supportOf: (server: string, tool: string) => TaskSupport | undefined;
  /** A result as clients may have it. */
  readonly present: (result: JsonObject, server: string) => JsonObject;
  readonly clock: Clock;
}

/** May this principal still have to do with that tool? Throws where not. */
export type Admit = (task: Task, principal: Principal) => void;

/** Calls that go on after their answer: whose client follows them, and whose result the bridge waits for. */
export interface TaskRelay {
  /** The result of a call; or the name of the task that it became, for a client that takes tasks. */
  send(upstream: Upstream, call: Call): Promise<JsonObject>;
  get(params: JsonObject, context: RequestContext, admit: Admit): Promise<JsonObject>;
  update(params: JsonObject, context: RequestContext, admit: Admit): Promise<JsonObject>;
  cancel(params: JsonObject, context: RequestContext, admit: Admit): Promise<JsonObject>;
}

const DONE: JsonObject = { resultType: "complete" };

export function createTaskRelay(parts: TaskRelayParts): TaskRelay {
  const { ids, clock } = parts;

  async function send(upstream: Upstream, call: Call): Promise<JsonObject> {
    const { server, tool, context } = call;
    const relays = isFollowed(call);
    const result = await begin(upstream, call, relays);
    const task = taskIn(result);
    if (task === undefined) return result;
    if (!relays) return waitForTask({ upstream, task, context, clock });
    const taskId = ids.seal(
      { server, tool, id: task.id, dialect: task.dialect },
      context.principal,
    );
    const { _meta } = result;
    return { ...task.wire, taskId, ...(_meta !== undefined && { _meta }) };
  }

  async function begin(upstream: Upstream, call: Call, relays: boolean): Promise<JsonObject> {
    const { context } = call;
    const support = parts.supportOf(call.server, call.tool);
    // What its own client asks of this hop says nothing of the next.
    const { task: _, ...plain } = call.params;
    const asTask = support === "required" || (support === "optional" && relays);
    const params = asTask ? { ...plain, task: {} } : plain;
    try {
      return await upstream.request("tools/call", params, relays ? context : withoutTasks(context));
    } catch (error) {
      if (relays || !asksForTasks(error)) throw error;
      return upstream.request("tools/call", params, withTasks(context));
    }
  }

  /** The task of that name, and who has it. */
  function find(method: string, { taskId }: JsonObject, context: RequestContext, admit: Admit) {
    refuseWithoutTasks(method, context);
    const task = ids.open(taskId, context.principal);
    admit(task, context.principal);
    const upstream = parts.upstreams.get(task.server);
    if (upstream) return { task, upstream };
    throw new RpcError(RPC.invalidParams, `The server of this task is configured no more.`);
  }

  return {
    send,
    async get(params, context, admit) {
      const { task, upstream } = find("tasks/get", params, context, admit);
      const seen = await lookAt(upstream, task, context);
      const { result } = seen;
      return {
        ...seen,
        taskId: String(params.taskId),
        ...(isJsonObject(result) && { result: parts.present(result, task.server) }),
        ...(task.dialect === "core" && notToBeAsked(seen)),
      };
    },
    async update(params, context, admit) {
      const { task, upstream } = find("tasks/update", params, context, admit);
      if (!isJsonObject(params.inputResponses)) {
        throw new RpcError(RPC.invalidParams, "inputResponses must be an object.");
      }
      if (task.dialect === "core") return DONE;
      return upstream.request("tasks/update", { ...params, taskId: task.id }, context);
    },
    async cancel(params, context, admit) {
      const { task, upstream } = find("tasks/cancel", params, context, admit);
      await upstream.request("tasks/cancel", { taskId: task.id }, context);
      return DONE;
    },
  };
}

/** By the client that called, and by nobody who works for it: chains, batches and servers go on with results. */
function isFollowed({ context }: Call): boolean {
  return takesTasks(context.client) && (context.within?.depth ?? 1) === 1;
}

/** Tasks of 2025-11-25 ask on a request that waits for their result, and none is open while a client looks now and then. */
function notToBeAsked({ status }: JsonObject): JsonObject {
  if (status !== "input_required") return {};
  return {
    status: "working",
    statusMessage:
      "It waits for an answer of its user, who can be asked only while a call waits for it.",
  };
}
