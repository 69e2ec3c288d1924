import { type Clock, systemClock } from "@trestle/protocol";
import { type S3Server, type S3ServerOptions, startS3Server } from "@trestle/testkit/s3-server";
import { onTestFinished } from "vitest";
import type { ObjectStore } from "../object-store.ts";
import { openS3Store } from "./open-s3-store.ts";
import type { S3Options } from "./settings.ts";

/** How much shorter waits are; a bucket that allows so many writes of a key in a second fits to them. */
export const QUICKER = 50;

/** Waits are short, and times are true: what gives up after a while does so on a slow machine too. */
const impatient: Clock = {
  now: systemClock.now,
  after: (ms, work) => systemClock.after(ms / QUICKER, work),
};

export interface FaultyBucket {
  readonly server: S3Server;
  open(options?: Partial<S3Options>): ObjectStore;
}

/** A bucket that does what it is told, and stores on it whose waits are short. */
export async function faultyBucket(options: S3ServerOptions = {}): Promise<FaultyBucket> {
  const server = await startS3Server({ clock: impatient, ...options });
  onTestFinished(() => server.close());
  return {
    server,
    open(more = {}) {
      const { endpoint, credentials } = server;
      const place = { endpoint, credentials, bucket: "knowledge", clock: impatient };
      const store = openS3Store({ ...place, ...more });
      onTestFinished(() => store.close());
      return store;
    },
  };
}

/** Keys that S3 knows and a client cannot rely on. */
export const refuses = (key: string): boolean =>
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are meant
  /(^|\/)\.\.?(\/|$)|[\u0000-\u001f]/.test(key);
