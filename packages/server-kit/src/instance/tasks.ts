import {
  isJsonObject,
  type JsonObject,
  type RequestContext,
  RPC,
  RpcError,
  takesTasks,
} from "@trestle/protocol";
import { type TaskReport, toDetails } from "../tasks/report.ts";
import { missingTasks } from "../tasks/tasks.ts";
import type { Core } from "./instance.ts";

const POLL_MS = 1_000;
const DONE: JsonObject = { resultType: "complete" };

/** tasks/get */
export async function getTask<State>(
  core: Core<State>,
  params: JsonObject,
  request: RequestContext,
): Promise<JsonObject> {
  const id = readId("tasks/get", params, request);
  const known = core.tasks.get(request.principal.id, id);
  const report = known ?? (await findStored(core, id, request));
  if (report === undefined) throw unknownTask(id);
  return toDetails(report, POLL_MS);
}

/** tasks/update */
export async function updateTask<State>(
  core: Core<State>,
  params: JsonObject,
  request: RequestContext,
): Promise<JsonObject> {
  const id = readId("tasks/update", params, request);
  const { inputResponses } = params;
  if (!isJsonObject(inputResponses)) {
    throw new RpcError(RPC.invalidParams, "inputResponses must be an object.");
  }
  if (!core.tasks.update(request.principal.id, id, inputResponses)) {
    if ((await findStored(core, id, request)) === undefined) throw unknownTask(id);
  }
  return DONE;
}

/** tasks/cancel */
export async function cancelTask<State>(
  core: Core<State>,
  params: JsonObject,
  request: RequestContext,
): Promise<JsonObject> {
  const id = readId("tasks/cancel", params, request);
  const isKnown = core.tasks.cancel(request.principal.id, id);
  const stored = await findStored(core, id, request);
  if (stored !== undefined) await core.parts.tasks?.cancel(await core.state.get(), id, request);
  else if (!isKnown) throw unknownTask(id);
  return DONE;
}

function readId(method: string, { taskId }: JsonObject, request: RequestContext): string {
  if (!takesTasks(request.client)) throw missingTasks(method);
  if (typeof taskId === "string" && taskId !== "") return taskId;
  throw new RpcError(RPC.invalidParams, "taskId must be a text.");
}

/** One whose work is stored, of this process or an earlier one. */
async function findStored<State>(
  { parts, state }: Core<State>,
  id: string,
  request: RequestContext,
): Promise<TaskReport | undefined> {
  return parts.tasks?.find(await state.get(), id, request);
}

function unknownTask(id: string): RpcError {
  return new RpcError(
    RPC.invalidParams,
    `There is no task ${JSON.stringify(id.slice(0, 100))} of yours; it may have ended long ago.`,
  );
}
