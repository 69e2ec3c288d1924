import { cpuUsage, memoryUsage } from "node:process";
import type { JsonObject, Principal } from "@trestle/protocol";
import * as z from "zod";
import type { Core } from "../core.ts";
import { sayMissing } from "../state/history/reader.ts";
import { statistics } from "./answers/servers.ts";
import { NO_EFFECT } from "./fields.ts";
import { forecasts, presentShown } from "./forecasts.ts";
import { given } from "./history.ts";
import { defineOperation } from "./operation.ts";
import { memoryOf } from "./process-memory.ts";
import { seesEverything, visiblePrincipal } from "./sight.ts";

export const stats = defineOperation({
  name: "stats",
  title: "Statistics",
  description:
    "State, counters and memory of each part of the bridge, since it was started; of several bridges, of each.",
  input: z.object({}),
  output: statistics,
  hints: NO_EFFECT,
  needs: "caller",
  async run(_input, { principal }, core) {
    const own = await ownStatistics(principal, core);
    if (core.elsewhere === undefined || core.shared === undefined) return own;
    const { answers, silent } = await core.elsewhere.statistics(principal);
    const others = answers.map(({ replica, answer }) => ({ replica, ...answer }));
    return {
      ...own,
      replicas: [{ replica: core.shared.replica, ...own }, ...others],
      ...sayMissing(silent.map((replica) => `the bridge ${replica}`)),
    };
  },
});

/** Of this bridge alone. */
export async function ownStatistics(principal: Principal, core: Core): Promise<JsonObject> {
  const [total] = await core.metrics.query({
    ...{ from: core.startedAt, groupBy: "none" },
    ...visiblePrincipal(principal, undefined),
  });
  const {
    calls = 0,
    successes = 0,
    errors = {},
    cacheHits = 0,
    retries = 0,
    fallbacks = 0,
  } = total ?? {};
  return given({
    uptime_s: Math.floor((core.clock.now() - core.startedAt) / 1_000),
    calls: {
      ...{ running: core.running.count(), total: calls, successes, errors: { ...errors } },
      ...{ cache_hits: cacheHits, retries, fallbacks },
    },
    servers: await serversOf(core, principal),
    forecasts: presentShown(await forecasts(principal, core)),
    bridge: seesEverything(principal) ? await partsOf(core) : undefined,
  }) as JsonObject;
}

async function serversOf(core: Core, principal: Principal): Promise<JsonObject[]> {
  const sees = core.sight.servers(principal) ?? (() => true);
  const loads = new Map(core.calls.pipeline.bulkhead.load().map((each) => [each.server, each]));
  const tripped = core.calls.pipeline.breaker.tripped();
  const shown = core.upstreams.all().filter(({ id }) => sees(id));
  return Promise.all(
    shown.map(async ({ id, kind, health }) => {
      const { state, restarts, pids, pid } = health();
      const own = pids ?? (pid === undefined ? [] : [pid]);
      const bytes = await Promise.all(own.map(async (each) => (await memoryOf(each)) ?? 0));
      const { running = 0, waiting = 0 } = loads.get(id) ?? {};
      const open = tripped.filter(({ server }) => server === id);
      return given({
        ...{ id, kind, state, restarts, running, waiting },
        open_breakers: open.map(({ tool }) => tool),
        rss_bytes: own.length === 0 ? undefined : bytes.reduce((sum, one) => sum + one, 0),
      }) as JsonObject;
    }),
  );
}

/** The whole of it is for whoever runs the bridge. */
async function partsOf(core: Core): Promise<JsonObject> {
  const { rss, heapUsed, external } = memoryUsage();
  const { user, system } = cpuUsage();
  const { cache } = core.calls.pipeline;
  const webhooks = core.webhooks.current()?.counts() ?? [];
  const sum = (of: "waiting" | "dead"): number =>
    webhooks.reduce((total, each) => total + each[of], 0);
  return {
    process: {
      ...{ rss_bytes: rss, heap_bytes: heapUsed, external_bytes: external },
      cpu_s: (user + system) / 1e6,
    },
    cache: { ...(await cache.stats()) },
    catalog: { tools: core.catalog.allTools().size },
    events: { last_seq: core.hub.lastSeq(), watched: core.hub.isWatched() },
    history: { dropped: core.history.dropped() },
    review: { ...(await core.review.counts()) },
    webhooks: { waiting: sum("waiting"), dead: sum("dead") },
    parked: core.parking.count(),
  };
}
