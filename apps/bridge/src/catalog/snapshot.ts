import { isRpcError, type JsonObject, type RequestContext, RPC } from "@trestle/protocol";
import { type ListMethod, listAll, type Upstream } from "@trestle/upstream";

/** What one upstream offers, as it said itself. */
export interface Snapshot {
  readonly tools: readonly JsonObject[];
  readonly prompts: readonly JsonObject[];
  readonly resources: readonly JsonObject[];
  readonly templates: readonly JsonObject[];
  readonly instructions?: string;
  /** Its name and version. */
  readonly info?: JsonObject;
}

export const emptySnapshot: Snapshot = { tools: [], prompts: [], resources: [], templates: [] };

export interface SnapshotOptions {
  readonly context: RequestContext;
  /** Called when the upstream is connected, before the first list is asked for. */
  readonly onReady: () => void;
}

/** Asks an upstream for everything its capabilities announce. Starts it when it is not running. */
export async function takeSnapshot(
  upstream: Upstream,
  { context, onReady }: SnapshotOptions,
): Promise<Snapshot> {
  const { capabilities, instructions, info } = await upstream.ready(context.signal);
  onReady();
  const list = (capability: string, method: ListMethod): Promise<readonly JsonObject[]> =>
    capabilities[capability] === undefined
      ? Promise.resolve([])
      : listAll(upstream, method, context).catch(nothingWhereUnknown);
  const [tools, prompts, resources, templates] = await Promise.all([
    list("tools", "tools/list"),
    list("prompts", "prompts/list"),
    list("resources", "resources/list"),
    list("resources", "resources/templates/list"),
  ]);
  return {
    tools,
    prompts,
    resources,
    templates,
    ...(instructions === undefined ? {} : { instructions }),
    ...(Object.keys(info).length === 0 ? {} : { info }),
  };
}

/** Some servers announce a capability and lack one of its methods. */
function nothingWhereUnknown(error: unknown): readonly JsonObject[] {
  if (isRpcError(error) && error.code === RPC.methodNotFound) return [];
  throw error;
}
