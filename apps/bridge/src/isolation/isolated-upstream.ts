import { type JsonObject, type RequestContext, TrestleError } from "@trestle/protocol";
import type { Upstream, UpstreamEvent, UpstreamHealth } from "@trestle/upstream";
import { createInstances, type Instance, type InstanceParts } from "./instances.ts";

export interface IsolatedParts extends Omit<InstanceParts, "onEvent"> {
  readonly kind: Upstream["kind"];
  /** Only ever asked for lists, so it knows of no client. */
  readonly lists: Upstream;
}

/**
 * One server as several processes or sessions, each for one client: what a call leaves behind in one is seen
 * by no other client. Lists are read from one of their own, which serves nobody.
 */
export function createIsolatedUpstream(parts: IsolatedParts): Upstream {
  const { id, kind, lists } = parts;
  const listeners = new Set<(event: UpstreamEvent) => void>();

  /**
   * That one more is connected says nothing of the lists: those are of another process. What changes in one is
   * told to its client alone.
   */
  const onEvent: InstanceParts["onEvent"] = (event, isFor) => {
    if (event.kind === "connected") return;
    const told = event.kind === "resourceUpdated" ? { ...event, isFor } : event;
    for (const listener of [...listeners]) listener(told);
  };
  const instances = createInstances({ ...parts, onEvent });

  async function request(
    method: string,
    params: JsonObject,
    context: RequestContext,
  ): Promise<JsonObject> {
    if (method.endsWith("/list")) return lists.request(method, params, context);
    if (method === "resources/unsubscribe" && !instances.has(context)) return {};
    const instance = instances.find(context) ?? (await instances.take(context));
    refuseLost(instance, id);
    instance.running += 1;
    try {
      const result = await instance.upstream.request(method, params, context);
      instance.served = true;
      return result;
    } finally {
      instance.running -= 1;
      instances.used(instance);
    }
  }

  return {
    id,
    kind,
    ready: (signal) => lists.ready(signal),
    request,
    subscribe(listener) {
      listeners.add(listener);
      const end = lists.subscribe(listener);
      return () => {
        listeners.delete(listener);
        end();
      };
    },
    health: () => healthOf([lists, ...instances.all().map(({ upstream }) => upstream)]),
    rest: () => lists.rest(),
    async close() {
      await Promise.all([lists.close(), instances.close()]);
    },
  };
}

/** What a client has built up is never replaced in silence by something that knows nothing of it. */
function refuseLost(instance: Instance, id: string): void {
  const { lost } = instance;
  if (lost === undefined) return;
  instance.lost = undefined;
  throw new TrestleError(
    "unavailable",
    `The instance of "${id}" that served this client ${lost}, and what it kept for the client is gone. The request was not sent; the next one starts a new instance: begin there anew.`,
    {
      retryable: false,
      details: { upstream: id, sent: false, connected: false, stateLost: true, reason: lost },
    },
  );
}

const LIVELIEST: readonly UpstreamHealth["state"][] = ["ready", "starting", "backoff", "failed"];

/** Of the liveliest, with what all of them have seen. */
function healthOf(upstreams: readonly Upstream[]): UpstreamHealth {
  const all = upstreams.map((upstream) => upstream.health());
  const found = LIVELIEST.map((state) => all.findLast((each) => each.state === state));
  const [first] = all;
  const shown = found.find((each) => each !== undefined) ?? (first as UpstreamHealth);
  const pids = all.flatMap(({ pid }) => (pid === undefined ? [] : [pid]));
  return {
    ...shown,
    restarts: all.reduce((sum, { restarts }) => sum + restarts, 0),
    ...(pids.length > 1 && { pids }),
  };
}
