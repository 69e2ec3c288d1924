import { join } from "node:path";
import { type Clock, type Logger, messageOf, TrestleError } from "@trestle/protocol";
import { createProcessRegistry } from "@trestle/upstream";
import { checkTarget } from "../health/check-target.ts";
import { createMonitor, type Monitor } from "../health/monitor.ts";
import { type Ingestion, openIngestion } from "../ingest/open-ingestion.ts";
import { toPattern } from "../redact/patterns.ts";
import { createRecordRedact } from "../redact/redact-record.ts";
import { defaultSources } from "../sources/default-sources.ts";
import { absolutePath, type Source } from "../sources/source.ts";
import { type AgentConfig, keyOf } from "./config.ts";
import { createShipper, type Shipper } from "./ship.ts";
import { openSpool, type Spool } from "./spool.ts";
import { createSpoolingStore } from "./spooling-store.ts";
import { toCheckedTarget } from "./wire.ts";

export interface AgentParts {
  readonly config: AgentConfig;
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Holds what is not delivered yet. */
  readonly folder: string;
  readonly home: string;
  readonly clock: Clock;
  readonly random: () => number;
  readonly newId: () => string;
  readonly log: Logger;
  readonly version: string;
}

export interface Agent {
  status(): AgentStatus;
  /** Keeps what is not delivered for the next time. */
  close(): Promise<void>;
}

export interface AgentStatus {
  readonly reading: ReturnType<Ingestion["status"]>;
  readonly waiting: Spool["waiting"];
  readonly trouble: string | undefined;
}

/**
 * Reads and checks on this host, and delivers all of it to the tracker, once. Throws `invalid_config`, and `denied`
 * where the tracker does not know its key; a tracker that cannot be reached is waited for.
 */
export async function startAgent(parts: AgentParts): Promise<Agent> {
  const { config, environment, folder, clock, random, newId, log } = parts;
  const key = keyOf(config, environment);
  const mostBytes = config.spoolMb * 2 ** 20;
  const spool = await openSpool({ folder, mostBytes, newId, clock, log });
  const shipper = createShipper({ spool, url: config.url, key, clock, random, log });
  try {
    await greet(shipper, log);
  } catch (error) {
    await spool.close();
    throw error;
  }
  const ingestion = openReading(parts, spool);
  const monitor = openChecks(parts, spool);
  const shipping = shipper.run();
  await ingestion.start();
  await monitor?.start();
  return {
    status: () => ({
      reading: ingestion.status(),
      waiting: spool.waiting,
      trouble: shipper.trouble,
    }),
    async close() {
      shipper.close();
      const ends = [monitor?.stop(), ingestion.close(), spool.close(), shipping];
      await Promise.allSettled(ends);
    },
  };
}

/** A key that is wrong is told at once; a tracker that is not there yet may come. */
async function greet(shipper: Shipper, log: Logger): Promise<void> {
  try {
    await shipper.greet();
  } catch (error) {
    if (error instanceof TrestleError && error.code === "denied") throw error;
    log.warn(`${messageOf(error)} What is read waits on this disk`);
  }
}

function openReading({ config, folder, home, clock, newId }: AgentParts, spool: Spool): Ingestion {
  const patterns = config.redactPatterns.map((pattern) => toPattern(pattern, "redactPatterns"));
  return openIngestion({
    ...{ store: createSpoolingStore(spool, clock.now), clock, holder: newId(), host: config.name },
    // Facts are derived where everything is known.
    extractors: [],
    redact: createRecordRedact({ fields: config.redactFields, patterns }),
    sources: async () => sourcesOf(config, { home, folder }),
    watch: config.polling ? "poll" : "auto",
  });
}

/** Under the agent's name: sources of two hosts may be called the same. */
function sourcesOf(
  { name: agent, sources, transcripts }: AgentConfig,
  { home, folder }: { readonly home: string; readonly folder: string },
): Source[] {
  const own = transcripts ? defaultSources({ home, dataDir: folder, env: {} }) : [];
  const asked = sources.map(({ name, kind, path }) => ({
    ...{ name, kind, path: absolutePath(path, { home, folder: home }), isAskedFor: true },
  }));
  return [...own, ...asked].map((source) => ({ ...source, name: `${agent}/${source.name}` }));
}

/** Each check is delivered; what it means is decided where alerts are told. */
function openChecks(parts: AgentParts, spool: Spool): Monitor | undefined {
  const { config, clock, random, log, version } = parts;
  if (config.targets.length === 0) return undefined;
  const byName = new Map(config.targets.map((target) => [target.name, target]));
  const clientInfo = { name: "trestle-tracker", version };
  const upstream = { log, clock, clientInfo, processes: createProcessRegistry({ log }) };
  return createMonitor({
    ...{ config: { targets: config.targets, maintenance: [] }, clock, random, log },
    ...{ alerts: { webhooks: [], remindAfterMs: 0 }, silences: async () => [] },
    ...{ tell: () => {}, publish: () => {} },
    check: (target, signal) =>
      checkTarget(target, { clock, upstream, agentSeenAt: nobody }, signal),
    keeper: {
      load: async () => new Map(),
      remove: async () => {},
      async save(name, { state: { last } }) {
        const target = byName.get(name);
        if (last === undefined || target === undefined) return;
        const message = { kind: "check", target: toCheckedTarget(target), result: last } as const;
        await spool.add({ of: "checks", messages: [message] });
      },
    },
  });
}

/** Agents are heard of by trackers alone. */
const nobody = async () => undefined;

/** Where an agent keeps what is not delivered, unless told otherwise. */
export function spoolFolder(dataDir: string, name: string): string {
  return join(dataDir, "agents", name);
}
