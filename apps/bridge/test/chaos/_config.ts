import type { JsonObject } from "@trestle/protocol";
import { faultyCommand } from "@trestle/testkit";
import type { S3Server } from "@trestle/testkit/s3-server";
import type { TcpProxy } from "@trestle/testkit/tcp-proxy";

/** What stands before each part that a bridge reaches over the network. */
export type Behind = Readonly<Record<"redis" | "postgres" | "s3" | "far", TcpProxy>>;

/** Of whoever is no principal of the workload. */
export const OUTSIDER = "a-key-that-is-long-enough";
const ATTEMPT_MS = 2_000;

interface ConfigParts {
  readonly root: string;
  readonly proxies: Behind;
  readonly s3: S3Server;
}

/** Of every bridge: each knows its servers by what stands before them. */
export function configOf({ root, proxies, s3 }: ConfigParts): JsonObject {
  const { accessKeyId, secretAccessKey } = s3.credentials;
  const bucket = {
    R2_ENDPOINT: `http://127.0.0.1:${proxies.s3.port}`,
    R2_AUDIT_BUCKET: "knowledge",
    R2_ACCESS_KEY_ID: accessKeyId,
    R2_SECRET_ACCESS_KEY: secretAccessKey,
  };
  const review = { fallback: [{ kind: "review", message: "Was it done?" }] };
  const policy = {
    // A call that a person approves is to be made, however many failed on purpose just before.
    breaker: false,
    timeout: { attemptMs: ATTEMPT_MS },
    tools: { write_once: { retry: { idempotent: true } }, write: review },
  };
  const command = (name: string) => ({ ...faultyCommand({ root, name }), era: "legacy", policy });
  return {
    store: {
      redis: `redis://127.0.0.1:${proxies.redis.port}`,
      postgres: `postgres://postgres@127.0.0.1:${proxies.postgres.port}/postgres`,
    },
    http: { key: OUTSIDER },
    policy: { limit: { principal: false } },
    mcpServers: {
      near: command("near"),
      own: { ...command("own"), isolation: "principal" },
      far: { url: `http://127.0.0.1:${proxies.far.port}/mcp`, era: "legacy", policy },
      knowledge: { embedded: "knowledge", env: bucket },
      objects: { embedded: "objects" },
      orchestrator: { embedded: "orchestrator", env: sharedSettings(proxies) },
    },
  };
}

/** Of the orchestrator, in bridges and workers. */
export function sharedSettings({ postgres, redis }: Behind): Record<string, string> {
  return {
    ORCHESTRATOR_DATABASE_URL: `postgres://postgres@127.0.0.1:${postgres.port}/postgres`,
    ORCHESTRATOR_REDIS_URL: `redis://127.0.0.1:${redis.port}`,
    ORCHESTRATOR_CONCURRENCY: "2",
  };
}
