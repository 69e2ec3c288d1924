import { readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { JsonObject } from "@trestle/protocol";
import { type FaultyHttp, faultyCommand, startFaultyHttp } from "@trestle/testkit";
import { findPrograms, type OwnPostgres, startPostgres } from "@trestle/testkit/own-postgres";
import { type OwnRedis, startOwnRedis } from "@trestle/testkit/own-redis";
import { type S3Server, startS3Server } from "@trestle/testkit/s3-server";
import { startTcpProxy, type TcpProxy } from "@trestle/testkit/tcp-proxy";
import { type Balancer, startBalancer } from "../_balancer.ts";
import { type RunningBridge, startBridge, temporaryFolder } from "../_bridge.ts";
import { kill, processesWith } from "../_processes.ts";
import { startWorker, type Worker } from "./_worker.ts";

const ORCHESTRATOR = fileURLToPath(
  new URL("../../../../servers/orchestrator/src/bin.ts", import.meta.url),
);
/** Of whoever is no principal of the workload. */
export const OUTSIDER = "a-key-that-is-long-enough";
const PASSPHRASE = "a passphrase of some length";
const ATTEMPT_MS = 2_000;

/** Two bridges, a worker, and all that they stand on: each a process or a server of its own. */
export interface ChaosWorld {
  /** Where the upstreams leave what they did. */
  readonly root: string;
  readonly redis: OwnRedis;
  readonly postgres: OwnPostgres;
  readonly s3: S3Server;
  readonly proxies: Readonly<Record<"redis" | "postgres" | "s3" | "far", TcpProxy>>;
  readonly bridges: RunningBridge[];
  readonly balancer: Balancer;
  worker: Worker;
  far: FaultyHttp;
  /** One that has ended, again: in its home and at its address. */
  restartBridge(index: number): Promise<void>;
  restartWorker(): Promise<void>;
  restartFar(): Promise<void>;
}

export const hasPostgres = findPrograms() !== undefined;

export async function openWorld(ending: AsyncDisposableStack): Promise<ChaosWorld> {
  const root = temporaryFolder("trestle-chaos");
  ending.defer(() => rmSync(root, { recursive: true, force: true, maxRetries: 20 }));
  const redis = await startOwnRedis();
  ending.defer(redis.end);
  const postgres = await startPostgres({ programs: findPrograms() ?? "" });
  ending.defer(postgres.stop);
  const s3 = await startS3Server();
  ending.defer(s3.close);
  const far = await startFaultyHttp({ root, name: "far" });
  ending.defer(() => {
    for (const pid of processesWith(`--root=${root} `)) kill(pid);
  });
  const ports = {
    redis: portOf(redis.url),
    postgres: postgres.port,
    s3: portOf(s3.endpoint),
    far: portOf(far.url),
  };
  const proxies = {
    redis: await startTcpProxy(ports.redis),
    postgres: await startTcpProxy(ports.postgres),
    s3: await startTcpProxy(ports.s3),
    far: await startTcpProxy(ports.far),
  };
  for (const proxy of Object.values(proxies)) ending.defer(proxy.close);
  const config = configOf({ root, proxies, s3 });
  const env = { MCP_ENCRYPTION_KEY: PASSPHRASE };
  const bridges: RunningBridge[] = [];
  ending.defer(async () => {
    await Promise.all(bridges.map((bridge) => bridge.stop()));
  });
  for (let count = 0; count < 2; count += 1) bridges.push(await startBridge({ config, env }));
  const balancer = await startBalancer(bridges.map(({ url }) => url));
  ending.defer(balancer.close);
  const shared = sharedSettings(proxies);
  const startOne = () =>
    startWorker([ORCHESTRATOR, "worker"], {
      ...shared,
      ...{
        MCP_BRIDGE_URL: balancer.url,
        MCP_API_KEY: OUTSIDER,
        TRESTLE_HOME: join(root, "worker"),
      },
    });
  const world: ChaosWorld = {
    ...{ root, redis, postgres, s3, proxies, bridges, balancer, far, worker: await startOne() },
    async restartBridge(index) {
      const { home, url } = bridges[index] as RunningBridge;
      bridges[index] = await startBridge({ config, env, home, port: portOf(url) });
    },
    async restartWorker() {
      world.worker = await startOne();
    },
    async restartFar() {
      world.far = await startFaultyHttp({ root, name: "far" }, ports.far);
    },
  };
  ending.defer(() => world.worker.end());
  return world;
}

export function adminKeyOf({ home }: RunningBridge): string {
  return readFileSync(join(home, "admin.key"), "utf8").trim();
}

type Proxies = ChaosWorld["proxies"];

function sharedSettings({ postgres, redis }: Proxies): Record<string, string> {
  return {
    ORCHESTRATOR_DATABASE_URL: `postgres://postgres@127.0.0.1:${postgres.port}/postgres`,
    ORCHESTRATOR_REDIS_URL: `redis://127.0.0.1:${redis.port}`,
    ORCHESTRATOR_CONCURRENCY: "2",
  };
}

interface ConfigParts {
  readonly root: string;
  readonly proxies: Proxies;
  readonly s3: S3Server;
}

function configOf({ root, proxies, s3 }: ConfigParts): JsonObject {
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
  return {
    store: {
      redis: `redis://127.0.0.1:${proxies.redis.port}`,
      postgres: `postgres://postgres@127.0.0.1:${proxies.postgres.port}/postgres`,
    },
    http: { key: OUTSIDER },
    policy: { limit: { principal: false } },
    mcpServers: {
      near: { ...faultyCommand({ root, name: "near" }), era: "legacy", policy },
      far: { url: `http://127.0.0.1:${proxies.far.port}/mcp`, era: "legacy", policy },
      knowledge: { embedded: "knowledge", env: bucket },
      objects: { embedded: "objects" },
      orchestrator: { embedded: "orchestrator", env: sharedSettings(proxies) },
    },
  };
}

function portOf(url: string): number {
  return Number(new URL(url).port);
}
