import { type JsonObject, type RequestContext, RPC, RpcError } from "@trestle/protocol";
import { isInputRequired } from "../define/input-required.ts";
import type { ResourceDefinition } from "../define/resource.ts";
import { toToolContext } from "./context.ts";
import type { Core } from "./instance.ts";
import { withCacheFacts } from "./lists.ts";
import { openRound, toInputRequiredResult } from "./round.ts";
import { untilAborted } from "./until-aborted.ts";
import { parseUriTemplate } from "./uri-template.ts";

/** Finds the resource behind a URI; fixed ones go before families. */
export type ResourceIndex<State> = (uri: string) => FoundResource<State> | undefined;

interface FoundResource<State> {
  readonly resource: ResourceDefinition<State>;
  readonly variables: Record<string, string>;
}

export function indexResources<State>(
  resources: readonly ResourceDefinition<State>[],
): ResourceIndex<State> {
  const fixed = new Map(resources.flatMap((it) => (it.uri === undefined ? [] : [[it.uri, it]])));
  const families = resources.flatMap((resource) =>
    resource.uriTemplate === undefined
      ? []
      : [{ resource, template: parseUriTemplate(resource.uriTemplate) }],
  );
  return (uri) => {
    const resource = fixed.get(uri);
    if (resource !== undefined) return { resource, variables: {} };
    for (const family of families) {
      const variables = family.template.match(uri);
      if (variables !== undefined) return { resource: family.resource, variables };
    }
    return undefined;
  };
}

export async function readResource<State>(
  core: Core<State>,
  params: JsonObject,
  request: RequestContext,
): Promise<JsonObject> {
  const uri = String(params.uri);
  const { resource, variables } = findResource(core, uri);
  const binding = {
    principal: request.principal.id,
    method: "resources/read",
    name: uri,
    argumentsDigest: "",
  };
  try {
    const round = await openRound(params, core.seal, binding);
    const state = await core.state.get();
    const context = toToolContext({ ...core, state, request, params, round });
    const reading = Promise.resolve(resource.read({ uri, variables }, context));
    const contents = await untilAborted(reading, request.signal);
    if (isInputRequired(contents)) {
      return await toInputRequiredResult(contents, { seal: core.seal, binding });
    }
    return withCacheFacts({ contents }, request, { ttlMs: 0, cacheScope: "private" });
  } catch (error) {
    throw core.errors.toRpcError(error, `Reading ${resource.name}`);
  }
}

export function findResource<State>(core: Core<State>, uri: string): FoundResource<State> {
  const found = core.findResource(uri);
  if (found !== undefined) return found;
  throw new RpcError(RPC.invalidParams, `Resource not found: ${uri}`, { uri });
}
