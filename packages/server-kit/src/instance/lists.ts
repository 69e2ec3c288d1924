import {
  type JsonObject,
  type JsonValue,
  type RequestContext,
  RPC,
  RpcError,
} from "@trestle/protocol";
import { toToolContext } from "./context.ts";
import type { Core } from "./instance.ts";

/** A definition does not change while its process lives; a change is told by list_changed anyway. */
const STATIC_TTL_MS = 300_000;

/** Adds what the modern era says about reuse; the legacy era does not know it. */
export function withCacheFacts(
  result: JsonObject,
  request: RequestContext,
  facts: { ttlMs: number; cacheScope: "public" | "private" },
): JsonObject {
  return request.client.era === "modern" ? { ...result, ...facts } : result;
}

export function listTools<State>(
  core: Core<State>,
  params: JsonObject,
  request: RequestContext,
): JsonObject {
  refuseCursor(params);
  const listed = core.parts.tools.filter(
    (tool) => core.parts.profile === "all" || tool.profile === "core",
  );
  return staticList(
    "tools",
    listed.map((tool) => tool.describe()),
    request,
  );
}

export function listPrompts<State>(
  core: Core<State>,
  params: JsonObject,
  request: RequestContext,
): JsonObject {
  refuseCursor(params);
  const prompts = core.parts.prompts.map((prompt) => ({
    ...titleOf(prompt),
    arguments: Object.entries(prompt.arguments ?? {}).map(([name, { description, required }]) => ({
      name,
      description,
      required,
    })),
    ...(prompt.meta && { _meta: prompt.meta }),
  }));
  return staticList("prompts", prompts, request);
}

export function listResourceTemplates<State>(
  core: Core<State>,
  params: JsonObject,
  request: RequestContext,
): JsonObject {
  refuseCursor(params);
  const templates = core.parts.resources
    .filter((resource) => resource.uriTemplate !== undefined)
    .map((resource) => ({ uriTemplate: resource.uriTemplate, ...describe(resource) }));
  return staticList("resourceTemplates", templates, request);
}

/** Opens the server only where a family of resources lists its members. */
export async function listResources<State>(
  core: Core<State>,
  params: JsonObject,
  request: RequestContext,
): Promise<JsonObject> {
  refuseCursor(params);
  const listing = core.parts.resources.some((resource) => resource.list !== undefined);
  const resources: JsonValue[] = [];
  for (const resource of core.parts.resources) {
    if (resource.uri !== undefined) resources.push({ uri: resource.uri, ...describe(resource) });
    if (resource.list === undefined) continue;
    const state = await core.state.get();
    const round = { inputResponses: {} };
    const context = toToolContext({ ...core, state, request, params, round });
    resources.push(...(await resource.list(context)));
  }
  if (!listing) return staticList("resources", resources, request);
  return withCacheFacts({ resources }, request, { ttlMs: 0, cacheScope: "private" });
}

function staticList(key: string, items: JsonValue[], request: RequestContext): JsonObject {
  return withCacheFacts({ [key]: items }, request, {
    ttlMs: STATIC_TTL_MS,
    cacheScope: "public",
  });
}

/** Our lists have one page, so no cursor can be ours. */
function refuseCursor(params: JsonObject): void {
  if (params.cursor === undefined) return;
  throw new RpcError(RPC.invalidParams, "Unknown cursor: list again from the beginning.");
}

function describe(resource: {
  name: string;
  title?: string;
  description?: string;
  mimeType?: string;
  meta?: JsonObject;
}): JsonObject {
  return {
    ...titleOf(resource),
    ...(resource.mimeType !== undefined && { mimeType: resource.mimeType }),
    ...(resource.meta && { _meta: resource.meta }),
  };
}

function titleOf(named: { name: string; title?: string; description?: string }): JsonObject {
  return {
    name: named.name,
    ...(named.title !== undefined && { title: named.title }),
    ...(named.description !== undefined && { description: named.description }),
  };
}
