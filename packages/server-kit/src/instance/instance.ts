import { randomUUID } from "node:crypto";
import {
  type JsonObject,
  type RequestContext,
  RPC,
  RpcError,
  type ServerEvent,
  type ServerInstance,
  TASKS_EXTENSION,
} from "@trestle/protocol";
import type { ToolDefinition } from "../define/tool.ts";
import { createIdempotency, type Idempotency } from "../idempotency/idempotency.ts";
import { createTasks, type Tasks } from "../tasks/tasks.ts";
import { complete } from "./completion.ts";
import { createErrorTranslator, type ErrorTranslator } from "./errors.ts";
import { listPrompts, listResources, listResourceTemplates, listTools } from "./lists.ts";
import { createEventSource, type EventSource, type InstanceParts } from "./parts.ts";
import { getPrompt } from "./prompts.ts";
import { indexResources, type ResourceIndex, readResource } from "./resources.ts";
import { createRunningRequests } from "./running.ts";
import { createSeal, loadSealKey, type Seal } from "./seal.ts";
import { createLazyState, type LazyState } from "./state.ts";
import { cancelTask, getTask, updateTask } from "./tasks.ts";
import { callTool, indexTools } from "./tools.ts";
import { createWatches, subscribe, unsubscribe, type Watches } from "./watches.ts";

/** What the methods share. */
export interface Core<State> {
  readonly parts: InstanceParts<State>;
  readonly events: EventSource;
  readonly state: LazyState<State>;
  readonly seal: Seal;
  readonly errors: ErrorTranslator;
  readonly idempotency: Idempotency;
  readonly toolIndex: ReadonlyMap<string, ToolDefinition<State>>;
  readonly findResource: ResourceIndex<State>;
  readonly watches: Watches;
  readonly tasks: Tasks;
}

type Method<State> = (
  core: Core<State>,
  params: JsonObject,
  request: RequestContext,
) => JsonObject | Promise<JsonObject>;

/** A mounted server: answers raw MCP requests, opens nothing before one of them needs it. */
export function createInstance<State>(parts: InstanceParts<State>): ServerInstance {
  const listeners = new Set<(event: ServerEvent) => void>();
  const core = createCore(parts, (event) => {
    for (const listener of listeners) listener(event);
  });
  const methods = methodsOf<State>();
  const running = createRunningRequests(parts.host.clock);
  const { name, title, version, description, instructions } = parts.server;
  return {
    info: { name, title, version, description },
    capabilities: capabilitiesOf(parts),
    ...(instructions !== undefined && { instructions }),
    async request(method, params, context) {
      const answer = methods.get(method);
      if (answer === undefined) {
        throw new RpcError(RPC.methodNotFound, `Method not found: ${method}`);
      }
      return running.run(context, (request) => answer(core, params, request));
    },
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    async close() {
      await running.close();
      await core.tasks.close();
      await core.watches.close();
      await core.idempotency.close();
      await core.state.close();
    },
  };
}

function createCore<State>(
  parts: InstanceParts<State>,
  emit: (event: ServerEvent) => void,
): Core<State> {
  const { host } = parts;
  const events = createEventSource(emit);
  return {
    parts,
    events,
    state: createLazyState(() => parts.open(events)),
    seal: createSeal(() => loadSealKey(host.dataDir), host.clock),
    errors: createErrorTranslator(host.log, parts.secrets),
    idempotency: createIdempotency(host),
    toolIndex: indexTools(parts.tools),
    findResource: indexResources(parts.resources),
    watches: createWatches(),
    tasks: createTasks({ clock: host.clock, log: host.log, newId: randomUUID }),
  };
}

function methodsOf<State>(): ReadonlyMap<string, Method<State>> {
  return new Map<string, Method<State>>([
    ["tools/list", listTools],
    ["tools/call", callTool],
    ["resources/list", listResources],
    ["resources/templates/list", listResourceTemplates],
    ["resources/read", readResource],
    ["resources/subscribe", subscribe],
    ["resources/unsubscribe", unsubscribe],
    ["prompts/list", listPrompts],
    ["prompts/get", getPrompt],
    ["completion/complete", complete],
    ["tasks/get", getTask],
    ["tasks/update", updateTask],
    ["tasks/cancel", cancelTask],
  ]);
}

function capabilitiesOf<State>(parts: InstanceParts<State>): JsonObject {
  const completes =
    parts.resources.some((resource) => resource.complete !== undefined) ||
    parts.prompts.some((prompt) =>
      Object.values(prompt.arguments ?? {}).some((argument) => argument.complete !== undefined),
    );
  return {
    ...(parts.tools.length > 0 && { tools: { listChanged: true } }),
    ...(parts.resources.length > 0 && { resources: { listChanged: true, subscribe: true } }),
    ...(parts.prompts.length > 0 && { prompts: { listChanged: true } }),
    ...(completes && { completions: {} }),
    ...(parts.server.logging && { logging: {} }),
    ...(parts.tools.some(({ task }) => task !== undefined) && {
      extensions: { [TASKS_EXTENSION]: {} },
    }),
  };
}
