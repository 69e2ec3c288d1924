import {
  isJsonObject,
  type JsonObject,
  type RequestContext,
  RPC,
  RpcError,
} from "@trestle/protocol";
import type { Complete } from "../define/resource.ts";
import { toToolContext } from "./context.ts";
import type { Core } from "./instance.ts";
import { findPrompt } from "./prompts.ts";
import { parseUriTemplate } from "./uri-template.ts";

/** The most that one answer may carry, by the specification. */
const MAX_VALUES = 100;

export async function complete<State>(
  core: Core<State>,
  params: JsonObject,
  request: RequestContext,
): Promise<JsonObject> {
  const argument = isJsonObject(params.argument) ? params.argument : {};
  const suggest = findComplete(core, params.ref, String(argument.name));
  if (suggest === undefined) return { completion: { values: [], total: 0, hasMore: false } };
  try {
    const state = await core.state.get();
    const round = { inputResponses: {} };
    const context = toToolContext({ ...core, state, request, params, round });
    const values = await suggest(String(argument.value ?? ""), context, settledOf(params));
    return {
      completion: {
        values: values.slice(0, MAX_VALUES),
        total: values.length,
        hasMore: values.length > MAX_VALUES,
      },
    };
  } catch (error) {
    throw core.errors.toRpcError(error, "Completion");
  }
}

/** Undefined where the argument exists but suggests nothing. */
function findComplete<State>(
  core: Core<State>,
  ref: unknown,
  argument: string,
): Complete<State> | undefined {
  if (isJsonObject(ref) && ref.type === "ref/prompt") {
    const prompt = findPrompt(core, ref.name);
    const known = prompt.arguments?.[argument];
    if (known === undefined) throw unknownArgument(argument);
    return known.complete;
  }
  if (isJsonObject(ref) && ref.type === "ref/resource") {
    const resource = core.parts.resources.find(
      (candidate) => candidate.uriTemplate === ref.uri || candidate.uri === ref.uri,
    );
    if (resource === undefined) {
      throw new RpcError(RPC.invalidParams, `Unknown resource template "${String(ref.uri)}"`);
    }
    const variables = parseUriTemplate(resource.uriTemplate ?? "").variables;
    if (!variables.includes(argument)) throw unknownArgument(argument);
    return resource.complete?.[argument];
  }
  throw new RpcError(RPC.invalidParams, "ref must be a ref/prompt or a ref/resource.");
}

function settledOf(params: JsonObject): Record<string, string> {
  const context = isJsonObject(params.context) ? params.context : {};
  return isJsonObject(context.arguments) ? (context.arguments as Record<string, string>) : {};
}

function unknownArgument(name: string): RpcError {
  return new RpcError(RPC.invalidParams, `Unknown argument "${name}"`);
}
