import { cpuUsage, memoryUsage } from "node:process";
import type { Core } from "../core.ts";
import type { Family, Labels, Sample } from "./exposition.ts";

/** What the parts of a bridge say of themselves when they are asked. */
export async function bridgeFamilies(core: Core): Promise<Family[]> {
  return [
    ...serverFamilies(core),
    ...(await cacheFamilies(core)),
    ...(await queueFamilies(core)),
    ...processFamilies(core),
  ];
}

const STATES = ["idle", "starting", "ready", "backoff", "failed", "closed"] as const;

function serverFamilies({ upstreams, calls, running, catalog }: Core): Family[] {
  const servers = upstreams.all().map(({ id, health }) => ({ id, ...health() }));
  const { bulkhead, breaker } = calls.pipeline;
  const loads = bulkhead.load();
  const load = (key: "running" | "waiting"): Sample[] =>
    loads.map((each) => ({ labels: { server: each.server }, value: each[key] }));
  return [
    gauge("trestle_server_state", "1 for the state that a server is in.", [
      ...servers.flatMap(({ id, state }) =>
        STATES.map((each) => sample(state === each ? 1 : 0, { server: id, state: each })),
      ),
    ]),
    counter(
      "trestle_server_restarts_total",
      "Times that a server was started again after it was lost.",
      servers.map(({ id, restarts }) => sample(restarts, { server: id })),
    ),
    gauge("trestle_server_running_calls", "Calls that a server works on.", load("running")),
    gauge("trestle_server_waiting_calls", "Calls that wait for their turn.", load("waiting")),
    gauge(
      "trestle_breaker_open",
      "1 where calls of a tool are stopped, 0.5 where one is let through.",
      breaker
        .tripped()
        .map(({ server, tool, state }) => sample(state === "open" ? 1 : 0.5, { server, tool })),
    ),
    gauge("trestle_running_calls", "Calls on their way.", [sample(running.count())]),
    gauge("trestle_tools", "Tools that are served.", [sample(catalog.allTools().size)]),
  ];
}

async function cacheFamilies({ calls }: Core): Promise<Family[]> {
  const { hits, misses, stale, shared, entries, bytes } = await calls.pipeline.cache.stats();
  const lookups = Object.entries({ hit: hits, miss: misses, stale, shared });
  return [
    counter(
      "trestle_cache_lookups_total",
      "Lookups, by what was found.",
      lookups.map(([result, value]) => sample(value, { result })),
    ),
    gauge("trestle_cache_entries", "Answers that are kept.", [sample(entries)]),
    gauge("trestle_cache_bytes", "Memory for them.", [sample(bytes)]),
  ];
}

async function queueFamilies(core: Core): Promise<Family[]> {
  const webhooks = core.webhooks.current()?.counts() ?? [];
  const deliveries = webhooks.flatMap(({ target, waiting, dead }) => [
    sample(waiting, { webhook: target, state: "waiting" }),
    sample(dead, { webhook: target, state: "dead" }),
  ]);
  const items = Object.entries(await core.review.counts());
  const firing = core.alerts.list().filter(({ state }) => state === "firing");
  return [
    gauge("trestle_webhook_deliveries", "Deliveries that wait, or were given up.", deliveries),
    gauge(
      "trestle_review_items",
      "Failed calls that wait for a person, or did.",
      items.map(([state, value]) => sample(Number(value), { state })),
    ),
    gauge("trestle_parked_calls", "Calls that wait for what a user says.", [
      sample(core.parking.count()),
    ]),
    gauge(
      "trestle_alert_firing",
      "1 for each alert that is told of.",
      firing.map(({ rule, server }) => sample(1, { rule, server })),
    ),
    counter("trestle_events_total", "Events that were published.", [sample(core.hub.lastSeq())]),
    counter("trestle_history_dropped_total", "Rows of the history that could not be stored.", [
      sample(core.history.dropped()),
    ]),
  ];
}

function processFamilies({ startedAt, version }: Core): Family[] {
  const { rss, heapUsed, heapTotal } = memoryUsage();
  const { user, system } = cpuUsage();
  return [
    counter("process_cpu_seconds_total", "Processor time, user and system.", [
      sample((user + system) / 1e6),
    ]),
    gauge("process_resident_memory_bytes", "Memory of the process.", [sample(rss)]),
    gauge("process_start_time_seconds", "When the bridge was started.", [
      sample(startedAt / 1_000),
    ]),
    gauge("nodejs_heap_size_used_bytes", "Heap in use.", [sample(heapUsed)]),
    gauge("nodejs_heap_size_total_bytes", "Heap of the process.", [sample(heapTotal)]),
    gauge("trestle_build_info", "1, with the version.", [sample(1, { version })]),
  ];
}

function sample(value: number, labels?: Labels): Sample {
  return labels === undefined ? { value } : { labels, value };
}

function gauge(name: string, help: string, samples: readonly Sample[]): Family {
  return { name, type: "gauge", help, samples };
}

function counter(name: string, help: string, samples: readonly Sample[]): Family {
  return { name, type: "counter", help, samples };
}
