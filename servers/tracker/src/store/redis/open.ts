import type { Clock } from "@trestle/protocol";
import type { DocumentKind } from "../../model/document.ts";
import { createPlainTraces } from "../plain-traces.ts";
import type { Batch, TrackerStore } from "../tracker-store.ts";
import { exportLines, importLines } from "../transfer.ts";
import { type Address, parseAddress } from "./address.ts";
import { planBatch } from "./commit.ts";
import { createConnection } from "./connection.ts";
import { createDocuments, type Shelf } from "./documents.ts";
import { createErrorReads } from "./errors.ts";
import { createFactReads } from "./facts.ts";
import { createKeys } from "./keys.ts";
import { createMovable } from "./movable.ts";
import { createPeopleWrites } from "./people.ts";
import { createProgress } from "./progress.ts";
import { createRecordReads } from "./read-records.ts";
import { createRetention } from "./retention.ts";
import { searchRecords } from "./search-records.ts";
import { createTaskReads } from "./tasks.ts";
import { createTransactions } from "./transaction.ts";
import { clusterWire, redisWire } from "./wires.ts";

export interface RedisStoreOptions {
  /** `redis://…`, `rediss://…` or `redis+cluster://…`; a database in it is left aside. */
  readonly url?: string | undefined;
  /** Nodes of a cluster, `host:port`; one that answers is enough. */
  readonly cluster?: readonly string[] | undefined;
  /** What all keys begin with; `trestle:tracker` by default. */
  readonly prefix?: string;
  /** Tells the time of leases and of what people say; by default Redis does, the same for all instances. */
  readonly clock?: Clock;
}

/** Database 0 belongs to others. A cluster has no other one: there these stand in the keys. */
const DATA = 10;
const INSIGHTS = 1;
const OF_INSIGHTS: readonly DocumentKind[] = ["insight", "pattern"];

/** The store in Redis, for any number of instances. Nothing is connected before the first call. */
export async function openRedisStore(options: RedisStoreOptions): Promise<TrackerStore> {
  const { prefix = "trestle:tracker", clock } = options;
  const address = parseAddress(options.url, options.cluster);
  const data = openShelf(address, prefix, DATA);
  const insights = openShelf(address, prefix, INSIGHTS);
  const { redis, keys } = data;
  const shelfOf = (kind: DocumentKind) => (OF_INSIGHTS.includes(kind) ? insights : data);
  const now = async () => clock?.now() ?? timeOf(await redis.ask<string[]>("TIME"));
  const commit = (batch: Batch) =>
    data.change(async () => planBatch(redis, keys, batch, await now()));
  const movable = { ...createMovable({ ...data, shelfOf }), commit };
  const facts = { ...createFactReads(redis, keys), ...createTaskReads(redis, keys) };
  return {
    commit,
    ...createProgress({ ...data, now }),
    ...createRecordReads(redis, keys),
    search: (query) => searchRecords(redis, keys, query),
    ...createErrorReads(redis, keys),
    ...facts,
    ...createPlainTraces(facts),
    ...createPeopleWrites({ ...data, now }),
    ...createDocuments(shelfOf),
    ...createRetention(data),
    exportLines: () => exportLines(movable),
    importLines: (lines) => importLines(movable, lines),
    async close() {
      await Promise.all([data.redis.close(), insights.redis.close()]);
    },
  };
}

/** Each shelf has connections of its own: what one watches, a transaction of the other would forget. */
function openShelf(address: Address, prefix: string, db: number): Shelf {
  const isCluster = address.kind === "cluster";
  const keys = createKeys(isCluster ? `${prefix}:${db}` : prefix);
  const redis = createConnection(
    isCluster ? clusterWire(address.cluster, keys.commits) : redisWire(address.url, db),
  );
  return { redis, keys, ...createTransactions(redis, keys) };
}

/** Seconds and microseconds. */
function timeOf([seconds, microseconds]: readonly string[]): number {
  return Number(seconds) * 1_000 + Math.floor(Number(microseconds) / 1_000);
}
