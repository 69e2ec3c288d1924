import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { type FaultyHttp, startFaultyHttp } from "@trestle/testkit";
import { findPrograms, type OwnPostgres, startPostgres } from "@trestle/testkit/own-postgres";
import { type OwnRedis, startOwnRedis } from "@trestle/testkit/own-redis";
import { type S3Server, startS3Server } from "@trestle/testkit/s3-server";
import { startTcpProxy, type TcpProxy } from "@trestle/testkit/tcp-proxy";
import { type Balancer, startBalancer } from "../_balancer.ts";
import { type RunningBridge, startBridge, temporaryFolder } from "../_bridge.ts";
import { kill, processesWith } from "../_processes.ts";
import { type Behind, configOf, OUTSIDER, sharedSettings } from "./_config.ts";
import { startWorker, type Worker } from "./_worker.ts";

const ORCHESTRATOR = fileURLToPath(
  new URL("../../../../servers/orchestrator/src/bin.ts", import.meta.url),
);
const PASSPHRASE = "a passphrase of some length";

/** Also before each bridge: what callers reach it through. */
export type Proxies = Behind & Readonly<Record<"bridge-0" | "bridge-1", TcpProxy>>;

/** Two bridges, a worker, and all that they stand on: each a process or a server of its own. */
export interface ChaosWorld extends Ground {
  readonly proxies: Proxies;
  readonly bridges: RunningBridge[];
  readonly balancer: Balancer;
  worker: Worker;
  /** One that has ended, again: in its home and at its address. */
  restartBridge(index: number): Promise<void>;
  restartWorker(): Promise<void>;
  restartFar(): Promise<void>;
}

/** What bridges stand on. */
interface Ground {
  /** Where the upstreams leave what they did. */
  readonly root: string;
  readonly redis: OwnRedis;
  readonly postgres: OwnPostgres;
  /** Of Postgres, and its process id. */
  readonly postgresFolder: string;
  readonly s3: S3Server;
  far: FaultyHttp;
}

export const hasPostgres = findPrograms() !== undefined;

export async function openWorld(ending: AsyncDisposableStack): Promise<ChaosWorld> {
  const ground = await openGround(ending);
  const { root, s3 } = ground;
  const before = (port: number) => proxyBefore(port, ending);
  const behind = {
    redis: await before(portOf(ground.redis.url)),
    postgres: await before(ground.postgres.port),
    s3: await before(portOf(s3.endpoint)),
    far: await before(portOf(ground.far.url)),
  };
  const config = configOf({ root, proxies: behind, s3 });
  const env = { MCP_ENCRYPTION_KEY: PASSPHRASE };
  const bridges: RunningBridge[] = [];
  ending.defer(async () => {
    await Promise.all(bridges.map((bridge) => bridge.stop()));
  });
  const start = async (): Promise<TcpProxy> => {
    const bridge = await startBridge({ config, env });
    bridges.push(bridge);
    return before(portOf(bridge.url));
  };
  const proxies = { ...behind, "bridge-0": await start(), "bridge-1": await start() };
  const balancer = await startBalancer(addressesOf(proxies));
  ending.defer(balancer.close);
  const startOne = () =>
    startWorker([ORCHESTRATOR, "worker"], {
      ...sharedSettings(behind),
      MCP_BRIDGE_URL: balancer.url,
      MCP_API_KEY: OUTSIDER,
      TRESTLE_HOME: join(root, "worker"),
    });
  const world: ChaosWorld = {
    ...ground,
    ...{ proxies, bridges, balancer, worker: await startOne() },
    async restartBridge(index) {
      const { home, url } = bridges[index] as RunningBridge;
      bridges[index] = await startBridge({ config, env, home, port: portOf(url) });
    },
    async restartWorker() {
      world.worker = await startOne();
    },
    async restartFar() {
      world.far = await startFaultyHttp({ root, name: "far" }, portOf(ground.far.url));
    },
  };
  ending.defer(() => world.worker.end());
  return world;
}

/** Where callers reach each bridge. */
export function addressesOf(proxies: Proxies): string[] {
  return [proxies["bridge-0"], proxies["bridge-1"]].map(
    ({ port }) => `http://127.0.0.1:${port}/mcp`,
  );
}

export function adminKeyOf({ home }: RunningBridge): string {
  return readFileSync(join(home, "admin.key"), "utf8").trim();
}

async function openGround(ending: AsyncDisposableStack): Promise<Ground> {
  const root = temporaryFolder("trestle-chaos");
  const postgresFolder = mkdtempSync(join(tmpdir(), "trestle-chaos-postgres-"));
  ending.defer(() => {
    for (const folder of [root, postgresFolder])
      rmSync(folder, { recursive: true, force: true, maxRetries: 20 });
  });
  const redis = await startOwnRedis();
  ending.defer(redis.end);
  const postgres = await startPostgres({ programs: findPrograms() ?? "", folder: postgresFolder });
  ending.defer(postgres.stop);
  const s3 = await startS3Server();
  ending.defer(s3.close);
  const far = await startFaultyHttp({ root, name: "far" });
  ending.defer(() => {
    for (const pid of processesWith(`--root=${root} `)) kill(pid);
  });
  return { root, redis, postgres, postgresFolder, s3, far };
}

async function proxyBefore(port: number, ending: AsyncDisposableStack): Promise<TcpProxy> {
  const proxy = await startTcpProxy(port);
  ending.defer(proxy.close);
  return proxy;
}

function portOf(url: string): number {
  return Number(new URL(url).port);
}
