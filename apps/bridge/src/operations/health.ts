import type { JsonObject, Principal } from "@trestle/protocol";
import * as z from "zod";
import type { Sees } from "../access/sight.ts";
import type { Core } from "../core.ts";
import { healthAnswer } from "./answers/servers.ts";
import { archiveHealth, archiveReasons } from "./archive-health.ts";
import { diskHealth, diskReasons } from "./disk-health.ts";
import { NO_EFFECT } from "./fields.ts";
import { defineOperation } from "./operation.ts";

export const health = defineOperation({
  name: "health",
  title: "Health",
  description: "Is the bridge well, and which servers are not?",
  input: z.object({}),
  output: healthAnswer,
  hints: NO_EFFECT,
  needs: "anybody",
  run: async (_input, { principal }, core) => {
    const reasons = reasonsOf(core);
    return {
      status: reasons.length === 0 ? "ok" : "degraded",
      version: core.version,
      uptime_s: Math.floor((core.clock.now() - core.startedAt) / 1000),
      ...detailOf(core, principal),
    };
  },
});

/** Which servers there are is nobody's business who may use none of them. */
function detailOf(core: Core, principal: Principal): JsonObject {
  if (principal.kind === "anonymous") return {};
  const sees = core.sight.servers(principal) ?? (() => true);
  return {
    reasons: reasonsOf(core, sees),
    servers: serversOf(core).filter(({ id }) => sees(String(id))),
    // Calls that wait for a client to come back with what its user said.
    parked: core.parking.count(),
    history: { dropped: core.history.dropped() },
    ...sharedOf(core),
    ...archiveHealth(core.archive),
    ...diskHealth(core.disk),
  };
}

/** Of a bridge that is one of several. */
function sharedOf({ shared }: Core): JsonObject {
  if (shared === undefined) return {};
  const { replica, replicas, redis } = shared;
  return { shared: { replica, replicas: replicas.count(), redis: redis.isUp() ? "up" : "down" } };
}

/** Why the bridge cannot do all that it is asked to; empty where it can. */
function reasonsOf(
  { upstreams, catalog, calls, history, shared, archive, disk }: Core,
  sees: Sees<string> = () => true,
): string[] {
  const unlisted = new Map(catalog.status().map(({ server, problem }) => [server, problem]));
  const failed = upstreams
    .all()
    .filter(({ id }) => sees(id))
    .map(({ id, health }) => ({ id, ...health(), problem: unlisted.get(id) }))
    .filter(({ state, problem }) => state === "failed" || state === "backoff" || problem)
    .map(({ id, lastError, problem = lastError }) => sayDown(id, problem));
  const open = calls.pipeline.breaker
    .tripped()
    .filter(({ state, server }) => state === "open" && sees(server))
    .map(({ server, tool }) => `${server}.${tool} failed too often: its breaker is open`);
  const dropped = history.dropped();
  const lost = dropped === 0 ? [] : [`${dropped} history rows could not be stored`];
  const apart = !shared || shared.redis.isUp() ? [] : [sayApart(shared.redis.where)];
  return [...failed, ...open, ...lost, ...apart, ...archiveReasons(archive), ...diskReasons(disk)];
}

function sayApart(where: string): string {
  return `Redis at ${where} cannot be reached: this bridge counts and remembers alone until it can`;
}

function sayDown(id: string, why: string | undefined): string {
  return `${id} cannot be reached${why ? `: ${why}` : ""}`;
}

function serversOf({ upstreams, catalog, calls }: Core): JsonObject[] {
  const degraded = new Set(
    catalog.status().flatMap(({ server, isDegraded }) => (isDegraded ? [server] : [])),
  );
  const load = new Map(calls.pipeline.bulkhead.load().map((each) => [each.server, each]));
  return upstreams.all().map((upstream) => {
    const { state, lastError } = upstream.health();
    const { running = 0, waiting = 0, asking = 0 } = load.get(upstream.id) ?? {};
    const open = calls.pipeline.breaker.tripped().filter(({ server }) => server === upstream.id);
    return {
      id: upstream.id,
      kind: upstream.kind,
      state,
      degraded: degraded.has(upstream.id),
      running,
      waiting,
      asking,
      open_breakers: open.map(({ tool }) => tool),
      ...(lastError === undefined ? {} : { error: lastError }),
    };
  });
}
