import type { JsonObject, RequestContext } from "@trestle/protocol";
import { toToolContext } from "./context.ts";
import type { Core } from "./instance.ts";
import { findResource } from "./resources.ts";

/**
 * What looks out for changes of resources. Who wants to hear of them is kept by whoever serves the instance, who
 * tells it once for each of them: here they are counted.
 */
export interface Watches {
  add(uri: string, start: () => Promise<() => void>): Promise<void>;
  remove(uri: string): Promise<void>;
  close(): Promise<void>;
}

interface Watch {
  count: number;
  readonly started: Promise<() => void>;
}

export function createWatches(): Watches {
  const watches = new Map<string, Watch>();

  async function add(uri: string, start: () => Promise<() => void>): Promise<void> {
    const watch = watches.get(uri) ?? { count: 0, started: start() };
    watches.set(uri, watch);
    watch.count += 1;
    try {
      await watch.started;
    } catch (error) {
      // The next who asks makes it start again.
      if (watches.get(uri) === watch) watches.delete(uri);
      throw error;
    }
  }

  async function remove(uri: string): Promise<void> {
    const watch = watches.get(uri);
    if (watch === undefined) return;
    watch.count -= 1;
    if (watch.count > 0) return;
    watches.delete(uri);
    await end(watch);
  }

  async function close(): Promise<void> {
    const left = [...watches.values()];
    watches.clear();
    await Promise.all(left.map(end));
  }

  return { add, remove, close };
}

async function end({ started }: Watch): Promise<void> {
  const stop = await started.catch(() => undefined);
  stop?.();
}

export async function subscribe<State>(
  core: Core<State>,
  params: JsonObject,
  request: RequestContext,
): Promise<JsonObject> {
  const uri = String(params.uri);
  const { resource, variables } = findResource(core, uri);
  const { watch } = resource;
  if (watch === undefined) return {};
  try {
    await core.watches.add(uri, async () => {
      const state = await core.state.get();
      const round = { inputResponses: {} };
      return watch({ uri, variables }, toToolContext({ ...core, state, request, params, round }));
    });
    return {};
  } catch (error) {
    throw core.errors.toRpcError(error, `Watching ${resource.name}`);
  }
}

export async function unsubscribe<State>(
  core: Core<State>,
  params: JsonObject,
): Promise<JsonObject> {
  const uri = String(params.uri);
  findResource(core, uri);
  await core.watches.remove(uri);
  return {};
}
