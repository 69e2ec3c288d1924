import { randomUUID } from "node:crypto";
import { homedir, hostname } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { type Clock, messageOf } from "@trestle/protocol";
import type { Host } from "@trestle-mcp/server-kit";
import { resolveAlerts } from "./alerts/config.ts";
import { createDeriving } from "./background/deriving.ts";
import { startRetaining } from "./background/retaining.ts";
import { createScoring } from "./background/scoring.ts";
import { type Collecting, createCollecting } from "./collect/collecting.ts";
import { readAddress } from "./collect/read-address.ts";
import type { Config } from "./config.ts";
import { healthSchema } from "./health/config.ts";
import { createWatchingHealth, type WatchingHealth } from "./health/watching-health.ts";
import { type ChatCount, createChatIngest, type PastedChat } from "./ingest/ingest-chat.ts";
import { type Ingestion, openIngestion } from "./ingest/open-ingestion.ts";
import { createSessionProjects } from "./ingest/session-projects.ts";
import { readJsonFile } from "./read-json-file.ts";
import { toPattern } from "./redact/patterns.ts";
import { createRecordRedact, type RedactOptions } from "./redact/redact-record.ts";
import { createForecasts, type Forecasts } from "./reports/forecasts.ts";
import { knownPrices, type Prices, pricesFile } from "./reports/prices.ts";
import { allowedFolders } from "./sources/allowed-path.ts";
import { defaultSources } from "./sources/default-sources.ts";
import type { Source } from "./sources/source.ts";
import { createWatchList, type WatchList } from "./sources/watch-list.ts";
import { openRedisStore } from "./store/redis/open.ts";
import { shareSqliteStore } from "./store/sqlite/share.ts";
import type { Committed, TrackerStore } from "./store/tracker-store.ts";

/** What tools, resources and prompts work with. */
export interface State {
  readonly store: TrackerStore;
  readonly health: WatchingHealth;
  readonly collecting: Collecting;
  readonly watchList: WatchList;
  readonly prices: Prices;
  readonly forecasts: Forecasts;
  readonly home: string;
  readonly watchDirs: readonly string[];
  ingestChat(pasted: PastedChat): Promise<ChatCount>;
  /** Undefined where nothing is read but pasted chats. */
  readonly ingestion: Ingestion | undefined;
  /** Reads these files, and nothing else, beside whoever follows the others; to be closed by who asked for it. */
  readFiles(sources: readonly Source[], onCommitted: (committed: Committed) => void): Ingestion;
  /** Resolves once what was written before the first call is read, or after some seconds. */
  caughtUp(): Promise<void>;
  /** Scores tasks anew: somebody changed one. */
  changed(): void;
  /** Called after what is stored has changed by this process. Returns what ends it. */
  onChange(listener: () => void): () => void;
  close(): Promise<void>;
}

export interface StateParts {
  readonly config: Config;
  readonly host: Pick<Host, "dataDir" | "clock" | "log" | "publish">;
  readonly version: string;
  /** What is begun at once; all of it, unless it is told otherwise. */
  readonly begins?: { readonly reading: boolean; readonly health: boolean };
}

/** Longest wait of the first call for all that was written before it. */
const FIRST_READ_MS = 8_000;

export async function openState(parts: StateParts): Promise<State> {
  const { config, host, version, begins = { reading: true, health: true } } = parts;
  const { dataDir, clock, log } = host;
  const { alerts, ...watched } = await readHealth(config);
  const prices = await readPrices(config);
  const redact = createRecordRedact(redactOptions(config));
  const store = await openStore(config, { dataDir, clock, log });
  const home = config.homeDir ?? homedir();
  const holder = randomUUID();
  const listeners = new Set<() => void>();

  const health = createWatchingHealth({
    ...{ store, clock, log, holder, alerts, health: watched, version },
    ...{ publish: publishTo(host, () => changed()), random: Math.random, newId: randomUUID },
  });
  const scoring = createScoring({ store, clock, log, unhealthy: () => unhealthyOf(health) });
  function changed(): void {
    scoring.soon();
    for (const listener of listeners) listener();
  }

  const deriving = createDeriving(store);
  const watchList = createWatchList(store, {
    defaults: config.read ? defaultsOf(config, home, dataDir) : [],
    within: allowedFolders({ home, folders: config.watchDirs }),
    now: clock.now,
  });
  const reading = { redact, extractors: deriving.extractors, onCommitted: changed };
  const ingestion = config.read
    ? openIngestion({
        ...{ ...reading, store, clock, holder, host: hostname() },
        sources: watchList.list,
        prepare: deriving.restore,
        save: () => deriving.save(clock.now()),
        watch: config.polling ? "poll" : "auto",
      })
    : undefined;
  const ingest = createChatIngest({
    ...{ ...reading, store, now: clock.now, projectOf: createSessionProjects(store) },
  });
  const { silences } = health;
  const collecting = createCollecting({
    ...{ ...reading, store, clock, log, alerts, silences, maintenance: watched.maintenance },
    ...{ address: readAddress(config.agentsAt), refresh: deriving.refresh },
  });
  const stopRetaining = startRetaining(store, config, { clock, log });
  const caughtUp = start();

  async function startReading(reader: Ingestion): Promise<unknown> {
    await reader.start();
    return atMost(FIRST_READ_MS, reader.catchUp(), clock);
  }

  async function start(): Promise<void> {
    const begun = [
      ...(begins.health ? [health.start(), collecting.start()] : []),
      ...(begins.reading && ingestion ? [startReading(ingestion)] : []),
    ];
    const results = await Promise.allSettled(begun);
    for (const result of results) {
      if (result.status === "rejected") log.warn("not begun", { error: messageOf(result.reason) });
    }
    await scoring.now();
  }

  return {
    ...{ store, health, collecting, watchList, prices, ingestion, home, changed },
    watchDirs: config.watchDirs,
    forecasts: createForecasts(store, clock),
    caughtUp: () => caughtUp,
    async ingestChat(pasted) {
      // Who reads sources knows the tasks already.
      if (ingestion?.status().isReading !== true) await deriving.refresh();
      return ingest(pasted);
    },
    readFiles: (sources, onCommitted) =>
      openIngestion({
        ...{ ...reading, store, clock, holder, host: hostname() },
        ...{ lease: `files:${holder}`, watch: "poll", prepare: deriving.restore },
        sources: async () => sources,
        onCommitted(committed) {
          changed();
          onCommitted(committed);
        },
      }),
    onChange(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    async close() {
      stopRetaining();
      await collecting.close();
      await ingestion?.close();
      await health.close();
      await scoring.close();
      await store.close();
    },
  };
}

/** What is told of health is told here too. */
function publishTo({ publish }: Pick<Host, "publish">, changed: () => void): Host["publish"] {
  return (topic, payload) => {
    publish(topic, payload);
    changed();
  };
}

async function unhealthyOf(health: WatchingHealth): Promise<string[]> {
  const targets = await health.status();
  return targets
    .filter(({ state }) => state.status === "down" || state.status === "degraded")
    .map(({ name }) => name);
}

async function openStore(
  { dataDir, redisUrl: url, redisCluster: cluster, redisPrefix: prefix }: Config,
  host: Pick<Host, "dataDir" | "clock" | "log">,
): Promise<TrackerStore> {
  if (url !== undefined || cluster.length > 0) return openRedisStore({ url, cluster, prefix });
  const { clock, log } = host;
  return shareSqliteStore({ folder: dataDir ?? join(host.dataDir, "store"), clock, log });
}

function defaultsOf({ claudeDir, codexDir }: Config, home: string, dataDir: string) {
  const env = { CLAUDE_CONFIG_DIR: claudeDir, CODEX_HOME: codexDir };
  return defaultSources({ home, dataDir, env });
}

async function readHealth({ healthFile }: Config) {
  const read =
    healthFile === undefined
      ? healthSchema.parse({})
      : await readJsonFile(healthFile, healthSchema);
  return { ...read, alerts: resolveAlerts(read.alerts, process.env) };
}

async function readPrices({ pricesFile: path }: Config): Promise<Prices> {
  return path === undefined
    ? knownPrices
    : { ...knownPrices, ...(await readJsonFile(path, pricesFile)) };
}

function redactOptions({ redactFields: fields, redactPatterns }: Config): RedactOptions {
  const patterns = redactPatterns.map((pattern) => toPattern(pattern, "TRACKER_REDACT_PATTERNS"));
  return { fields, patterns };
}

/** Resolves with the work, or without it when the time is over; it goes on. */
function atMost(ms: number, work: Promise<unknown>, clock: Clock): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const cancel = clock.after(ms, () => resolve(undefined));
    work.then(resolve, reject).finally(cancel);
  });
}
