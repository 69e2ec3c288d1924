import { isRpcError, type JsonObject, type RequestContext, RPC } from "@trestle/protocol";
import { type ListMethod, listAll, type Upstream } from "@trestle/upstream";
import { isLooped } from "./via.ts";

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

/** A snapshot as it was taken, which may have left out what came through this bridge itself. */
export interface Taken {
  readonly snapshot: Snapshot;
  /** So many items. */
  readonly looped: number;
}

export const emptySnapshot: Snapshot = { tools: [], prompts: [], resources: [], templates: [] };

export interface SnapshotOptions {
  readonly context: RequestContext;
  readonly bridgeId: string;
  /** Called when the upstream is connected, before the first list is asked for. */
  readonly onReady: () => void;
}

/** Asks an upstream for everything its capabilities announce. Starts it when it is not running. */
export async function takeSnapshot(
  upstream: Upstream,
  { context, bridgeId, onReady }: SnapshotOptions,
): Promise<Taken> {
  const { capabilities, instructions, info } = await upstream.ready(context.signal);
  onReady();
  let looped = 0;
  const list = async (capability: string, method: ListMethod): Promise<readonly JsonObject[]> => {
    if (capabilities[capability] === undefined) return [];
    const all = await listAll(upstream, method, context).catch(nothingWhereUnknown);
    const ours = all.filter((item) => !isLooped(item, bridgeId));
    looped += all.length - ours.length;
    return ours;
  };
  const [tools, prompts, resources, templates] = await Promise.all([
    list("tools", "tools/list"),
    list("prompts", "prompts/list"),
    list("resources", "resources/list"),
    list("resources", "resources/templates/list"),
  ]);
  const snapshot = {
    ...{ tools, prompts, resources, templates },
    // Those of a bridge tell of what is behind it: going round, they would grow with every turn.
    ...(instructions === undefined || looped > 0 ? {} : { instructions }),
    ...(Object.keys(info).length === 0 ? {} : { info }),
  };
  return { snapshot, looped };
}

/** Some servers announce a capability and lack one of its methods. */
function nothingWhereUnknown(error: unknown): readonly JsonObject[] {
  if (isRpcError(error) && error.code === RPC.methodNotFound) return [];
  throw error;
}
