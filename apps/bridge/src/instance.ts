import { isDeepStrictEqual } from "node:util";
import { scopeOf } from "@trestle/policy";
import {
  isJsonObject,
  type JsonObject,
  type Principal,
  type RequestContext,
  RPC,
  RpcError,
  type ServerEvent,
  type ServerInstance,
  TASKS_EXTENSION,
  TrestleError,
} from "@trestle/protocol";
import type { Access } from "./access/access.ts";
import { READS, type Sight } from "./access/sight.ts";
import type { Calls } from "./calls.ts";
import type { Catalog } from "./catalog/catalog.ts";
import type { Exposure } from "./catalog/exposure.ts";
import type { Asker } from "./catalog/profiles.ts";
import type { ResourceRoute } from "./catalog/resources.ts";
import { rewriteContent, rewriteUris } from "./catalog/uris.ts";
import { isBridge, passedOn } from "./catalog/via.ts";
import type { CatalogPrompt } from "./catalog/view.ts";
import type { LiveConfig } from "./config/live.ts";
import { isolationOf } from "./isolation/isolation-of.ts";
import type { Answer, Parking } from "./parked/parking.ts";
import type { RequestStates } from "./parked/request-state.ts";
import { keptPrivate, toEraError } from "./resource-answers.ts";
import type { Running } from "./running.ts";
import { readKept } from "./state/result-resource.ts";
import type { ResultReader } from "./state/results.ts";
import type { Subscriptions } from "./subscriptions.ts";
import { taskAnswers } from "./tasks/task-answers.ts";
import type { Upstreams } from "./upstreams.ts";

/** How long a modern client may keep a list; changes are announced in between. */
const LIST_TTL_MS = 30_000;

/** Requests other than calls that a server may answer with a question. */
const ASKING = new Set(["prompts/get", "resources/read"]);

export interface InstanceParts {
  readonly info: JsonObject;
  readonly catalog: Catalog;
  readonly calls: Calls;
  readonly upstreams: Upstreams;
  readonly running: Running;
  readonly access: Pick<Access, "admits">;
  readonly sight: Sight;
  readonly exposure: Exposure;
  readonly live: LiveConfig;
  readonly subscriptions: Subscriptions;
  readonly results: ResultReader;
  readonly parking: Pick<Parking, "around">;
  readonly states: Pick<RequestStates, "sealResult">;
}

/** The whole bridge as one MCP server: tool calls go through the pipeline, everything else is forwarded to its owner. */
export function createInstance(parts: InstanceParts): ServerInstance {
  const { info, catalog, calls, running, sight, exposure, live, parking, states } = parts;
  const forward = createForward(parts);

  const counted = (answer: Answer, params: JsonObject, context: RequestContext) =>
    running.run(context.signal, (signal) => answer(params, { ...context, signal }));

  /** Of what may ask its user first, as tools may. It is counted for as long as it waits for that. */
  const asking = (method: string, answer: Answer): Answer =>
    parking.around(method, async (params, context) => {
      const result = await counted(answer, params, context);
      return states.sealResult(result, { method, params, principal: context.principal });
    });

  const answers: Record<string, Answer> = {
    "tools/list": list("tools", (_who, asker) => exposure.tools(asker), catalog),
    "prompts/list": list("prompts", (who) => catalog.prompts(sight.prompts(who)), catalog),
    "resources/list": list("resources", (who) => catalog.resources(sight.resources(who)), catalog),
    "resources/templates/list": list(
      "resourceTemplates",
      (who) => catalog.templates(sight.resources(who)),
      catalog,
    ),
    "tools/call": parking.around("tools/call", (params, context) =>
      calls.callTool(params, context),
    ),
    "prompts/get": asking("prompts/get", (params, context) => getPrompt(params, context, parts)),
    "resources/read": asking("resources/read", (params, context) =>
      readResource(params, context, parts, forward),
    ),
    ...createWatching(parts, forward),
    "completion/complete": (params, context) => complete(params, context, parts),
    ...taskAnswers(parts),
  };

  return {
    info,
    capabilities: {
      tools: { listChanged: true },
      prompts: { listChanged: true },
      resources: { listChanged: true, subscribe: true },
      completions: {},
      logging: {},
      ...(calls.tasks && { extensions: { [TASKS_EXTENSION]: {} } }),
    },
    instructionsFor: (principal) => catalog.instructions(sight.servers(principal)),
    async request(method, params, context) {
      const answer = Object.hasOwn(answers, method) ? answers[method] : undefined;
      if (!answer) throw new RpcError(RPC.methodNotFound, `Method not found: ${method}`);
      // Tool calls are counted where they are made, so that those of mounted servers count too.
      if (method === "tools/call" || ASKING.has(method)) return answer(params, context);
      return counted(answer, params, context);
    },
    subscribe(listener) {
      const ends = [exposure.subscribe(listener), onAccessChange(live, listener)];
      return () => {
        for (const end of ends) end();
      };
    },
    close: async () => {},
  };
}

/** Whoever watches a resource joins those who do already; where clients are kept apart, each watches its own. */
function createWatching(
  { catalog, live, access, subscriptions }: InstanceParts,
  forward: Forward,
): Record<"resources/subscribe" | "resources/unsubscribe", Answer> {
  const keyOf = (uri: unknown, id: string, { session, principal }: RequestContext): string => {
    const isolated = isolationOf(live.current().servers.find((server) => server.id === id));
    if (!isolated) return String(uri);
    return `${uri} ${isolated.isolation === "principal" ? principal.id : (session ?? principal).id}`;
  };
  return {
    "resources/subscribe": async (params, context) => {
      const route = routeOf(params.uri, catalog);
      // Also of those who only join others: their asking goes nowhere.
      admit("resources/subscribe", route.server, { context, access });
      const send = () => forward("resources/subscribe", route, params, context);
      return subscriptions.add(keyOf(params.uri, route.server, context), send);
    },
    "resources/unsubscribe": async (params, context) => {
      const route = routeOf(params.uri, catalog);
      const send = () => forward("resources/unsubscribe", route, params, context);
      return subscriptions.remove(keyOf(params.uri, route.server, context), send);
    },
  };
}

/** Other rules of access make other lists for some, without a change of the catalog. */
function onAccessChange(live: LiveConfig, listener: (event: ServerEvent) => void): () => void {
  return live.subscribe((next, before) => {
    if (isDeepStrictEqual(next.access, before.access)) return;
    for (const kind of ["toolsChanged", "promptsChanged", "resourcesChanged"] as const) {
      listener({ kind });
    }
  });
}

function list(
  key: string,
  items: (principal: Principal, asker: Asker) => readonly JsonObject[],
  catalog: Catalog,
): Answer {
  return async (params, { client, principal }) => {
    if (params.cursor !== undefined) {
      throw new RpcError(RPC.invalidParams, "Unknown cursor: this list has one page");
    }
    await catalog.listable();
    const modern = client.era === "modern" ? { ttlMs: LIST_TTL_MS, cacheScope: "private" } : {};
    const listed = items(principal, { principal, client });
    const shown = isBridge(client) ? passedOn(listed, catalog.bridgeId) : [...listed];
    return { [key]: shown, ...modern };
  };
}

function admit(
  method: string,
  server: string,
  { context: { principal }, access }: Pick<InstanceParts, "access"> & { context: RequestContext },
): void {
  const target = { server, tool: method, hints: READS };
  if (access.admits(principal, target)) return;
  const scope = scopeOf(target);
  throw new TrestleError(
    "denied",
    `"${principal.id}" may not use ${method} of ${server}: that takes the scope "${scope}" or a wider one. Ask whoever runs the bridge to grant it.`,
    { details: { scope, principal: principal.id, sent: false, refusedBy: "authorize" } },
  );
}

type Forward = (
  method: string,
  route: ResourceRoute,
  params: JsonObject,
  context: RequestContext,
) => Promise<JsonObject>;

function createForward({ upstreams, access }: InstanceParts): Forward {
  return async (method, { server, uri }, params, context) => {
    if (method !== "resources/unsubscribe") admit(method, server, { context, access });
    const upstream = upstreams.get(server);
    if (!upstream) throw new RpcError(RPC.invalidParams, `No server "${server}" is configured`);
    return upstream.request(method, { ...params, uri }, context);
  };
}

async function getPrompt(
  params: JsonObject,
  context: RequestContext,
  { catalog, upstreams, access }: InstanceParts,
): Promise<JsonObject> {
  const prompt = await known(() => catalog.prompt(String(params.name)), catalog);
  const upstream = prompt && upstreams.get(prompt.server);
  if (!prompt || !upstream) throw new RpcError(RPC.invalidParams, `Unknown prompt: ${params.name}`);
  admit("prompts/get", prompt.server, { context, access });
  refuseWithheld(prompt);
  const result = await upstream.request("prompts/get", { ...params, name: prompt.name }, context);
  return rewriteContent(result, catalog.uris(prompt.server));
}

async function readResource(
  params: JsonObject,
  context: RequestContext,
  { catalog, results }: InstanceParts,
  forward: Forward,
): Promise<JsonObject> {
  const kept = await readKept(params.uri, context, results);
  if (kept) return kept;
  await known(() => catalog.resource(String(params.uri)), catalog);
  const route = routeOf(params.uri, catalog);
  const read = forward("resources/read", route, params, context);
  const result = keptPrivate(
    await read.catch((error: unknown) => {
      throw toEraError(error, context);
    }),
  );
  return Array.isArray(result.contents)
    ? { ...result, contents: rewriteUris(result.contents, "uri", catalog.uris(route.server)) }
    : result;
}

async function complete(
  params: JsonObject,
  context: RequestContext,
  { catalog, upstreams, access }: InstanceParts,
): Promise<JsonObject> {
  const target = await known(() => completionTarget(params.ref, catalog), catalog);
  const upstream = target && upstreams.get(target.server);
  if (!target || !upstream) throw new RpcError(RPC.invalidParams, "Unknown completion reference");
  admit("completion/complete", target.server, { context, access });
  return upstream.request("completion/complete", { ...params, ref: target.ref }, context);
}

/** Nobody has approved it as it is now. */
function refuseWithheld({ server, name, withheld }: CatalogPrompt): void {
  if (withheld === undefined) return;
  const details = { upstream: server, prompt: name, sent: false, refusedBy: "pins" };
  throw new TrestleError("denied", withheld, { details });
}

/** Only what is not found waits for servers whose lists are not there yet. */
async function known<Found>(
  find: () => Found | undefined,
  catalog: Catalog,
): Promise<Found | undefined> {
  const found = find();
  if (found !== undefined) return found;
  await catalog.settled();
  return find();
}

function completionTarget(
  ref: unknown,
  catalog: Catalog,
): { server: string; ref: JsonObject } | undefined {
  if (!isJsonObject(ref)) return undefined;
  if (ref.type === "ref/prompt") {
    const prompt = catalog.prompt(String(ref.name));
    return prompt && { server: prompt.server, ref: { ...ref, name: prompt.name } };
  }
  const route = catalog.resource(String(ref.uri));
  return route && { server: route.server, ref: { ...ref, uri: route.uri } };
}

function routeOf(uri: unknown, catalog: Catalog): ResourceRoute {
  const route = typeof uri === "string" ? catalog.resource(uri) : undefined;
  if (!route)
    throw new RpcError(RPC.invalidParams, `Resource not found: ${String(uri)}`, {
      uri: String(uri),
    });
  return route;
}
