import { type Clock, systemClock } from "@trestle/protocol";
import { type S3Server, type S3ServerOptions, startS3Server } from "@trestle/testkit/s3-server";
import { onTestFinished } from "vitest";
import type { ObjectStore } from "../object-store.ts";
import { openS3Store } from "./open-s3-store.ts";
import type { S3Options } from "./settings.ts";

/** Time that runs so many times as fast. */
export function fastClock(times: number): Clock {
  const start = systemClock.now();
  return {
    now: () => start + (systemClock.now() - start) * times,
    after: (ms, work) => systemClock.after(ms / times, work),
  };
}

export interface FaultyBucket {
  readonly server: S3Server;
  open(options?: Partial<S3Options>): ObjectStore;
}

/** A bucket that does what it is told, and stores on it whose waits are short. */
export async function faultyBucket(options: S3ServerOptions = {}): Promise<FaultyBucket> {
  const clock = options.clock ?? fastClock(50);
  const server = await startS3Server({ ...options, clock });
  onTestFinished(() => server.close());
  return {
    server,
    open(more = {}) {
      const { endpoint, credentials } = server;
      const store = openS3Store({ endpoint, credentials, bucket: "knowledge", clock, ...more });
      onTestFinished(() => store.close());
      return store;
    },
  };
}
