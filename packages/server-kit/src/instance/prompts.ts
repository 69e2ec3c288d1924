import {
  digestOf,
  isJsonObject,
  type JsonObject,
  nearestName,
  type RequestContext,
  RPC,
  RpcError,
} from "@trestle/protocol";
import { isInputRequired } from "../define/input-required.ts";
import type { PromptDefinition } from "../define/prompt.ts";
import { toToolContext } from "./context.ts";
import type { Core } from "./instance.ts";
import { openRound, toInputRequiredResult } from "./round.ts";
import { untilAborted } from "./until-aborted.ts";

export async function getPrompt<State>(
  core: Core<State>,
  params: JsonObject,
  request: RequestContext,
): Promise<JsonObject> {
  const prompt = findPrompt(core, params.name);
  const args = argumentsOf(prompt, params.arguments ?? {});
  const binding = {
    principal: request.principal.id,
    method: "prompts/get",
    name: prompt.name,
    argumentsDigest: digestOf(args),
  };
  try {
    const round = await openRound(params, core.seal, binding);
    const state = await core.state.get();
    const context = toToolContext({ ...core, state, request, params, round });
    const result = await untilAborted(Promise.resolve(prompt.run(args, context)), request.signal);
    if (!isInputRequired(result)) return result;
    return await toInputRequiredResult(result, { seal: core.seal, binding });
  } catch (error) {
    throw core.errors.toRpcError(error, `Prompt ${prompt.name}`);
  }
}

export function findPrompt<State>(core: Core<State>, name: unknown): PromptDefinition<State> {
  const prompt = core.parts.prompts.find((candidate) => candidate.name === name);
  if (prompt !== undefined) return prompt;
  const nearest = nearestName(
    String(name),
    core.parts.prompts.map((candidate) => candidate.name),
  );
  throw new RpcError(
    RPC.invalidParams,
    `Unknown prompt "${String(name)}"${nearest === undefined ? "" : `; did you mean "${nearest}"?`}`,
  );
}

function argumentsOf<State>(
  prompt: PromptDefinition<State>,
  given: unknown,
): Record<string, string> {
  if (!isJsonObject(given)) throw new RpcError(RPC.invalidParams, "arguments must be an object.");
  const args: Record<string, string> = {};
  for (const [name, value] of Object.entries(given)) {
    if (typeof value !== "string") {
      throw new RpcError(RPC.invalidParams, `Prompt argument "${name}" must be text.`);
    }
    args[name] = value;
  }
  for (const [name, { required, description }] of Object.entries(prompt.arguments ?? {})) {
    if (!required || args[name] !== undefined) continue;
    throw new RpcError(
      RPC.invalidParams,
      `Prompt "${prompt.name}" needs the argument "${name}": ${description}`,
    );
  }
  return args;
}
