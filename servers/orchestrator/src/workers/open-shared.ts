import { silentLogger } from "@trestle/protocol";
import { createPostgresBlobs } from "../blobs/postgres-blobs.ts";
import { withBlobs } from "../blobs/with-blobs.ts";
import type { Engine } from "../engine/engine.ts";
import type { Postgres } from "../runs/postgres/postgres.ts";
import { createPostgresRunStore } from "../runs/postgres/postgres-run-store.ts";
import type { RunStore } from "../runs/run-store.ts";
import { createBullDispatcher } from "./bullmq-dispatcher.ts";
import { createPostgresDispatcher } from "./postgres-dispatcher.ts";
import { openSharedEngine, type SharedEngineOptions } from "./shared-engine.ts";

export interface OpenSharedOptions extends Omit<SharedEngineOptions, "runs" | "dispatcher"> {
  /** Its tables stand in the schema `trestle`. It stays open when this is closed. */
  readonly postgres: Postgres;
  /** `redis://host:port/db`: workers are told of steps through it; without it the database tells them. */
  readonly redisUrl?: string;
  /** What all keys in Redis begin with. */
  readonly redisPrefix?: string;
}

export interface Shared {
  readonly engine: Engine;
  readonly runs: RunStore;
  close(): Promise<void>;
}

const PREFIX = "trestle:orchestrator";

/** This process as one of many that share the runs of one database. */
export async function openShared(options: OpenSharedOptions): Promise<Shared> {
  const { postgres, redisUrl, redisPrefix: prefix = PREFIX, ...rest } = options;
  const { clock, log = silentLogger } = rest;
  const runs = withBlobs(createPostgresRunStore(postgres), createPostgresBlobs(postgres.query));
  const dispatcher =
    redisUrl === undefined
      ? createPostgresDispatcher(postgres, clock)
      : await createBullDispatcher({ url: redisUrl, prefix, clock, log });
  const engine = await openSharedEngine({ ...rest, postgres, runs, dispatcher });
  return {
    engine,
    runs,
    close: engine.close,
  };
}
