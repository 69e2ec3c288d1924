import { silentLogger, systemClock } from "@trestle/protocol";
import type { NeonProxy } from "@trestle/testkit/neon-proxy";
import { createNeonDriver } from "../../src/drivers/neon.ts";
import { createPostgresDriver } from "../../src/drivers/postgres.ts";
import type { Guard } from "../../src/guard/guard.ts";
import { createDatabase } from "../../src/postgres/create-database.ts";
import type { Database } from "../../src/postgres/database.ts";

/** The ways to a server, all of which lead to the same one. */
export const WAYS = ["Postgres", "Neon over HTTP", "Neon over a WebSocket"] as const;
export type Way = (typeof WAYS)[number];

interface Target {
  readonly url: string;
  readonly front: NeonProxy;
  readonly guard: Guard;
}

/** A database with one connection; of Neon, with reads over HTTP or without. */
export function openBy(way: Way, { url, front, guard }: Target): Database {
  const settings = {
    url,
    maxConnections: 1,
    idleTimeoutMs: 30_000,
    connectionTimeoutMs: 10_000,
    clock: systemClock,
    log: silentLogger,
  };
  if (way === "Postgres") return createDatabase({ driver: createPostgresDriver(settings), guard });
  const { readAtOnce, ...driver } = createNeonDriver({ ...settings, front });
  const overHttp = way === "Neon over HTTP" && readAtOnce ? { readAtOnce } : {};
  return createDatabase({ driver: { ...driver, ...overHttp }, guard });
}
