import type { Clock, JsonObject, Logger } from "@trestle/protocol";
import { openSqlite } from "@trestle/store";
import { type ChainHistory, createChainHistory } from "./chains/chains.ts";
import { createHistory, type HistoryStore } from "./history/history.ts";
import { createMetrics, type MetricsStore } from "./metrics/metrics.ts";
import { historyMigrations } from "./schema.ts";

/** All that the bridge remembers of what it did. */
export interface Records {
  readonly history: HistoryStore;
  readonly metrics: MetricsStore;
  readonly chains: ChainHistory;
  /** Stores what is not stored yet, then closes the file. */
  close(): Promise<void>;
}

export interface RecordsOptions {
  readonly file: string;
  /** Executions that are kept. */
  readonly maxRows: number;
  readonly clock: Clock;
  readonly log?: Logger;
  readonly redact: (value: JsonObject) => JsonObject;
}

/** Opens the records of one bridge: one file, written by one thread. */
export async function openRecords({ file, maxRows, ...parts }: RecordsOptions): Promise<Records> {
  const { clock, log, redact } = parts;
  const options = { file, migrations: historyMigrations, clock };
  const database = await openSqlite(log === undefined ? options : { ...options, log });
  const history = await createHistory({ database, maxRows, clock, log });
  const metrics = createMetrics({ database, clock, log });
  const chains = createChainHistory({ database, clock, redact, log });
  return {
    history,
    metrics,
    chains,
    async close() {
      await Promise.all([history.close(), metrics.close(), chains.close()]);
      await database.close();
    },
  };
}
