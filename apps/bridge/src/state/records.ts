import type { Clock, JsonObject, Logger } from "@trestle/protocol";
import { enforceQuota, openSqlite } from "@trestle/store";
import { type ChainHistory, createChainHistory } from "./chains/chains.ts";
import { createHistory, type HistoryStore } from "./history/history.ts";
import { countLost, createOutgoing, type Outgoing } from "./history/outgoing.ts";
import { createLearnedCalls, type LearnedCalls } from "./learned/learned.ts";
import { createMetrics, type MetricsStore } from "./metrics/metrics.ts";
import { historyMigrations } from "./schema.ts";

/** All that the bridge remembers of what it did. */
export interface Records {
  readonly history: HistoryStore;
  readonly metrics: MetricsStore;
  readonly chains: ChainHistory;
  /** The history as it is learned from. */
  readonly learned: LearnedCalls;
  /** Executions that are to be copied elsewhere. */
  readonly outgoing: Outgoing;
  /** Stores what is not stored yet, then closes the file. */
  close(): Promise<void>;
}

export interface RecordsOptions {
  readonly file: string;
  /** Executions that are kept. */
  readonly maxRows: number;
  readonly clock: Clock;
  readonly log?: Logger;
  /** What the file may hold; the oldest executions and chains make room. 1 GiB by default. */
  readonly maxBytes?: number;
  /** Are executions copied elsewhere? */
  readonly isCopied?: boolean;
  readonly redact: (value: JsonObject) => JsonObject;
}

const MAX_BYTES = 1024 ** 3;
/** Whatever still runs stays; what is still to be copied goes last. */
const RETENTION = [
  `DELETE FROM executions WHERE seq IN (SELECT seq FROM executions
    WHERE outcome <> 'started' AND seq <= (SELECT seq FROM copy_place) ORDER BY seq LIMIT :rows)`,
  `DELETE FROM executions WHERE seq IN (
    SELECT seq FROM executions WHERE outcome <> 'started' ORDER BY seq LIMIT :rows)`,
  `DELETE FROM chains WHERE seq IN (
    SELECT seq FROM chains WHERE outcome <> 'running' ORDER BY seq LIMIT :rows)`,
];

/** Opens the records of one bridge: one file, written by one thread. */
export async function openRecords({ file, maxRows, ...parts }: RecordsOptions): Promise<Records> {
  const { clock, log, redact, isCopied, maxBytes = MAX_BYTES } = parts;
  const options = { file, migrations: historyMigrations, clock };
  const opened = await openSqlite(log === undefined ? options : { ...options, log });
  const limits = { maxBytes, retention: RETENTION, clock };
  const database = enforceQuota(opened, log === undefined ? limits : { ...limits, log });
  if (isCopied) await countLost(database);
  const history = await createHistory({ database, maxRows, clock, log, isCopied });
  const metrics = createMetrics({ database, clock, log });
  const chains = createChainHistory({ database, clock, redact, log });
  return {
    history,
    metrics,
    chains,
    learned: createLearnedCalls(database, history),
    outgoing: createOutgoing(database),
    async close() {
      await Promise.all([history.close(), metrics.close(), chains.close()]);
      await database.close();
    },
  };
}
