import { randomUUID } from "node:crypto";
import { join } from "node:path";
import type { Hub } from "@trestle/events";
import type { Clock, JsonObject, Logger } from "@trestle/protocol";
import type { Access } from "./access/access.ts";
import { createSight, type Sight } from "./access/sight.ts";
import { type Alarms, createAlarms } from "./alarms.ts";
import type { Alerts } from "./alerts/alerts.ts";
import { createBridgeAlerts } from "./alerts/bridge-alerts.ts";
import type { Archive } from "./archive/archive.ts";
import { type Calls, createCalls } from "./calls.ts";
import type { Catalog } from "./catalog/catalog.ts";
import { createExposure, type Exposure } from "./catalog/exposure.ts";
import type { Pins } from "./catalog/pins/pins.ts";
import { createRememberedUsage, type RememberedUsage } from "./catalog/usage-history.ts";
import { serverChanges } from "./config/changes.ts";
import type { LiveConfig } from "./config/live.ts";
import type { PolicySettings } from "./config/policy.ts";
import type { DiskWatch } from "./disk/watch.ts";
import { type Elsewhere, findElsewhere } from "./elsewhere.ts";
import { followSettings, forgetWhatChanged } from "./follow-config.ts";
import { createHostFactory, type HostFactory } from "./host.ts";
import { createHostTopics } from "./host-topics.ts";
import { type BridgeHub, openHubs } from "./hubs.ts";
import { createIds } from "./ids.ts";
import type { Autotune } from "./learning/advice/autotune.ts";
import { createBridgeAutotune } from "./learning/advice/bridge-autotune.ts";
import { openCatalog } from "./open-catalog.ts";
import { openReview } from "./open-review.ts";
import { createParking, type Parking } from "./parked/parking.ts";
import { createRequestStates, type RequestStates } from "./parked/request-state.ts";
import { resolveWith, shortenWith } from "./result-handles.ts";
import type { Running } from "./running.ts";
import { joinOthers } from "./shared/join-others.ts";
import type { Shared } from "./shared/shared.ts";
import { createSignIns, type SignIns } from "./sign-in/sign-ins.ts";
import type { ChainHistory } from "./state/chains/chains.ts";
import type { HistoryStore } from "./state/history/history.ts";
import { createHistoryReader, type HistoryReader } from "./state/history/reader.ts";
import type { HistorySource } from "./state/history/source.ts";
import type { LearnedCalls } from "./state/learned/learned.ts";
import type { MetricsStore } from "./state/metrics/metrics.ts";
import { createMetricsReader, type MetricsReader } from "./state/metrics/reader.ts";
import type { State } from "./state/open.ts";
import { createResultStore, type ResultReader, type ResultStore } from "./state/results.ts";
import type { ReviewQueue } from "./state/review/review.ts";
import { createSubscriptions, type Subscriptions } from "./subscriptions.ts";
import { createObservers, type Observers } from "./telemetry/observers.ts";
import { openTelemetry } from "./telemetry/telemetry.ts";
import { OWN_SERVER } from "./tools/names.ts";
import { createOwnRights } from "./tools/own-rights.ts";
import { createOwnServer } from "./tools/own-server.ts";
import { createUpstreams, type Upstreams } from "./upstreams.ts";
import { type BridgeWebhooks, openBridgeWebhooks } from "./webhooks.ts";

/** What a running bridge is made of, for whatever asks it something. */
export interface Core {
  readonly version: string;
  /** The words that start this program; nothing where the bridge is part of another. */
  readonly command?: readonly string[] | undefined;
  /** Epoch milliseconds. */
  readonly startedAt: number;
  readonly clock: Clock;
  readonly log: Logger;
  readonly live: LiveConfig;
  /** What the configuration says of each tool's policies, as it stands. */
  readonly settings: () => PolicySettings;
  /** What the bridge tuned by itself. */
  readonly autotune: Autotune;
  readonly access: Access;
  /** What of the catalog each caller sees. */
  readonly sight: Sight;
  /** What each caller is shown of the tools. */
  readonly exposure: Exposure;
  /** How tools were used, for whoever looks for one. */
  readonly usage: RememberedUsage;
  readonly catalog: Catalog;
  /** Which definitions of the servers are approved. */
  readonly pins: Pins;
  readonly upstreams: Upstreams;
  readonly signIns: SignIns;
  readonly calls: Calls;
  readonly history: HistoryStore;
  /** What can be read of calls, here and wherever else it is kept. */
  readonly executions: HistoryReader;
  /** The long history; nothing where no Postgres is configured. */
  readonly archive?: Archive | undefined;
  /** How much of the disk the home takes. */
  readonly disk: DiskWatch;
  readonly metrics: MetricsStore;
  /** What can be read of them, here and at the bridges that are one with this one. */
  readonly figures: MetricsReader;
  readonly chains: ChainHistory;
  /** The history as it is learned from. */
  readonly learned: LearnedCalls;
  readonly review: ReviewQueue;
  /** Large results that clients may read on in. */
  readonly results: ResultStore;
  /** Where they are read, wherever they are. */
  readonly kept: ResultReader;
  readonly hub: BridgeHub;
  /** Who watches which resource, by the URI that clients know. */
  readonly subscriptions: Subscriptions;
  /** Whoever counts calls now. */
  readonly observers: Observers;
  /** What goes wrong now. */
  readonly alerts: Alerts;
  /** Who is told of what happens. */
  readonly webhooks: BridgeWebhooks;
  readonly running: Running;
  readonly newId: () => string;
  /** What clients carry for requests that ask their user something. */
  readonly states: RequestStates;
  /** Calls that wait for a client to come back with answers. */
  readonly parking: Parking;
  /** What this bridge has in common with others; nothing where it is alone. */
  readonly shared?: Shared | undefined;
  /** What those others know; nothing where it is alone. */
  readonly elsewhere?: Elsewhere | undefined;
  /** Ends every upstream and closes the queue. */
  close(): Promise<void>;
}

export interface CoreParts {
  readonly version: string;
  readonly command?: readonly string[] | undefined;
  readonly clock: Clock;
  readonly log: Logger;
  readonly live: LiveConfig;
  readonly state: State;
  readonly running: Running;
  readonly shared?: Shared | undefined;
}

/** Joins catalog, pipeline and upstreams. Mounted servers call back into what they are part of. */
export async function createCore(parts: CoreParts): Promise<Core> {
  const { live, clock, log, version, state } = parts;
  const { access } = state;
  const newId = createIds(clock);
  const { own: ownHub, hub } = await openHubs(parts);
  const autotune = createBridgeAutotune({ live, clock, log, hub, access, core: () => core });
  const settings = followSettings(live, autotune);
  const results = createResultStore({ clock, newId });
  const redact = (payload: JsonObject) => live.current().secrets.redact(payload) as JsonObject;
  const hostFor = createHostFactory({
    ...{ clock, log, access },
    topicsOf: createHostTopics({ hub, heard: ownHub, redact }),
    listTools: async (principal) => [...catalog.tools(sight.tools(principal))],
    callTool: (call) => calls.callUpstreamTool(call),
  });
  const alarms = createAlarms({ log, hub, redact });
  live.subscribe((next, before) => alarms.onServers(serverChanges(before, next)));
  const observers = createObservers();
  const telemetry = await openTelemetry({ live, observers, clock, log, version, core: () => core });
  const webhooks = await openWebhooks(parts, ownHub);
  const others = await joinOthers(parts);
  const elsewhere = await findElsewhere(parts.shared, { ...state, clock, core: () => core });
  // First of all: from here on nothing waits, so nothing can ask for what is not there yet.
  const review = await openReview(parts, { newId, alarms, elsewhere, core: () => core });
  const { upstreams, own, signIns } = createServers(parts, { hostFor, alarms, core: () => core });
  const { saved, pins, catalog } = openCatalog(parts, { upstreams, own, alarms });
  const states = createRequestStates(access.sealer, clock);
  const sight = createSight({ access, catalog, allowsOwn: createOwnRights(access) });
  const exposure = createExposure({ catalog, sight, live });
  const { history, metrics, chains, learned } = state.records;
  const kept = elsewhere?.results(results) ?? results;
  const executions = readHistory(parts, elsewhere);
  const figures = createMetricsReader(metrics, elsewhere?.figures);
  const usage = createRememberedUsage({ history, clock, log });
  const alerts = createBridgeAlerts({
    ...{ live, hub, clock, log, core: () => core, watch: others.watch },
  });
  for (const each of [metrics, usage, alerts.observer]) observers.add(each);
  const calls = createCalls({
    ...pipelineParts(parts, { alarms, others, review }),
    ...{ settings, catalog, newId, states, metrics: observers, running: parts.running },
    upstreams: { get: (id) => (id === OWN_SERVER ? own.upstream : upstreams.get(id)) },
    ...{ shorten: shortenWith(results, live), resolve: resolveWith(kept, live), sees: sight.tools },
    trace: telemetry.begin,
  });
  forgetWhatChanged(live, calls.pipeline);
  others.follow(calls.pipeline.breaker);
  const core: Core = {
    ...{ version, command: parts.command, clock, log, live, settings, autotune, access },
    ...{ sight, exposure, usage },
    ...{ catalog, pins, upstreams, signIns, calls, review, results, hub, webhooks },
    ...{ alerts, observers, history, executions, metrics, figures, chains, learned },
    ...{ kept, elsewhere },
    ...{ archive: state.archive, disk: state.disk, newId, states, shared: parts.shared },
    subscriptions: createSubscriptions(),
    parking: createParking({ clock, newId, states, shared: parts.shared }),
    ...{ running: parts.running, startedAt: clock.now() },
    async close() {
      await others.close();
      for (const each of [autotune, exposure, catalog, alerts]) each.close();
      await closeAll(own.upstream, upstreams, saved, pins);
      for (const each of [review, telemetry, webhooks, hub]) await each.close();
    },
  };
  return core;
}

function openWebhooks({ live, clock, log, state }: CoreParts, hub: Hub): Promise<BridgeWebhooks> {
  const file = join(state.folder, "webhooks.db");
  return openBridgeWebhooks({ live, hub, audit: state.access.audit, clock, log, file });
}

/** Whoever saw a call is believed before the long history. */
function readHistory({ state, shared, log }: CoreParts, elsewhere?: Elsewhere): HistoryReader {
  const { sources, records } = state;
  const isAlone = elsewhere === undefined && sources.length === 0;
  const others = (): readonly HistorySource[] => [...(elsewhere?.histories() ?? []), ...sources];
  return createHistoryReader({
    ...{ own: records.history, replica: shared?.replica, log },
    ...(!isAlone && { others }),
  });
}

async function closeAll(...all: readonly { close(): Promise<void> }[]): Promise<void> {
  await Promise.all(all.map((each) => each.close()));
}

function createServers(
  parts: CoreParts,
  {
    hostFor,
    alarms,
    core,
  }: { readonly hostFor: HostFactory; readonly alarms: Alarms; readonly core: () => Core },
) {
  const { live, clock, log, version, state } = parts;
  const { processes, verdicts, folder } = state;
  const clientInfo = { name: "trestle", version };
  const signIns = createSignIns({
    ...{ live, clock, access: state.access, newId: randomUUID },
    folder: join(folder, "sign-ins"),
  });
  const upstreams = createUpstreams({
    signIns,
    ...{ live, clock, log, processes, verdicts, clientInfo, hostFor },
    fingerprint: state.access.fingerprint,
    isKnown: state.access.isKnown,
    audit: state.access.audit,
    onState: alarms.onServer,
    onReconnect: (id) => core().calls.pipeline.reconnected(id),
  });
  const host = hostFor(OWN_SERVER, folder);
  const own = createOwnServer({ version, clock, log, clientInfo, processes, host, core });
  return { upstreams, own, signIns };
}

interface PipelineNeighbours {
  readonly alarms: Alarms;
  readonly others: Awaited<ReturnType<typeof joinOthers>>;
  readonly review: ReviewQueue;
}

function pipelineParts(
  { live, clock, log, state, shared }: CoreParts,
  { alarms, others, review }: PipelineNeighbours,
) {
  const { access, records, redact, keepOf } = state;
  return {
    ...alarms,
    onBreaker(change: Parameters<Alarms["onBreaker"]>[0]) {
      alarms.onBreaker(change);
      others.tellBreaker(change);
    },
    async review(failed: Parameters<ReviewQueue["add"]>[0]) {
      const id = await review.add(failed);
      alarms.queued(failed, id);
      return id;
    },
    ...{ clock, log, redact, keepOf, history: records.history },
    limits: shared?.limits,
    cacheStore: shared?.cacheOf(live.current().policy.cache.maxBytes),
    fineNow: () => performance.now(),
    random: Math.random,
    // Whom our own tools serve they decide themselves, and what they call is asked for anew.
    allows: (...[principal, call]: Parameters<Access["admits"]>) =>
      call.server === OWN_SERVER || access.admits(principal, call),
  };
}
