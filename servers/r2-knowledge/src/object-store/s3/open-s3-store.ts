import { randomBytes } from "node:crypto";
import { systemClock } from "@trestle/protocol";
import type { ObjectStore } from "../object-store.ts";
import { createConnection } from "./connection.ts";
import { deleteObjects } from "./deletes.ts";
import { checkKey } from "./keys.ts";
import { createLineage } from "./lineage.ts";
import { listObjects } from "./lists.ts";
import type { Parts } from "./parts.ts";
import { planWrite, putObject } from "./puts.ts";
import { getObject, headObject } from "./reads.ts";
import { parseEndpoint, type S3Options, type SentRequest } from "./settings.ts";
import { getStream } from "./stream-out.ts";
import { putStream } from "./uploads.ts";

const ATTEMPTS = 6;

/**
 * A bucket of R2 or any S3 as an object store. Nothing is loaded or asked before the first call.
 * ETags are those of the bucket: of the bytes, where it makes them so. What S3 answers is told in
 * the codes of the port; no message, cause or description holds a credential.
 * @throws Error where the endpoint is no URL.
 */
export function openS3Store(options: S3Options): ObjectStore {
  const endpoint = parseEndpoint(options.endpoint);
  const clock = options.clock ?? systemClock;
  const billed = { A: 0, B: 0, free: 0 };
  const onRequest = (request: SentRequest) => {
    billed[request.class] += 1;
    options.onRequest?.(request);
  };
  const connection = createConnection({ ...options, onRequest }, clock);
  const parts: Parts = {
    ...{ connection, clock, lineage: createLineage() },
    random: options.random ?? Math.random,
    newId: options.newId ?? (() => randomBytes(16).toString("base64url")),
    attempts: options.attempts ?? ATTEMPTS,
    description: `bucket ${options.bucket} at ${endpoint}`,
  };
  return {
    description: parts.description,
    async get(key, options = {}) {
      checkKey(key);
      return getObject(parts, key, options);
    },
    async head(key, { signal } = {}) {
      checkKey(key);
      return headObject(parts, key, signal);
    },
    async put(key, body, options = {}) {
      checkKey(key);
      return putObject(parts, planWrite(parts, key, options), body);
    },
    async putStream(key, body, options = {}) {
      checkKey(key);
      return putStream(parts, key, body, options);
    },
    async getStream(key, options = {}) {
      checkKey(key);
      return getStream(parts, key, options);
    },
    async delete(keys, { signal } = {}) {
      const all = typeof keys === "string" ? [keys] : keys;
      for (const key of all) checkKey(key);
      await deleteObjects(parts, all, signal);
    },
    list: (prefix, options = {}) => listObjects(parts, prefix, options),
    billed: () => ({ ...billed }),
    async close() {
      connection.close();
    },
  };
}
