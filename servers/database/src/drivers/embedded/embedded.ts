import {
  type Clock,
  isTrestleError,
  type Logger,
  messageOf,
  TrestleError,
} from "@trestle/protocol";
import type { Pool, PoolConfig } from "pg";
import { words } from "../cancel.ts";
import type { Driver } from "../driver.ts";
import { createPoolDriver } from "../pool-driver.ts";
import { type PoolSettings, poolConfig } from "../postgres.ts";
import type { WireClient } from "../wire-connection.ts";
import { createDoor } from "./door.ts";
import { FolderStream } from "./folder-stream.ts";

export interface EmbeddedDriverOptions extends PoolSettings {
  /** Any number of processes may open the same folder: one holds it, the others are served by that one. */
  readonly dataDir: string;
  readonly clock: Clock;
  readonly log: Logger;
}

/** How long the owner of a folder lets the work of others go on when it closes. */
const CLOSE_GRACE_MS = 500;
const CANCEL_REQUEST = 80877102;

/** A Postgres in a folder, with no server to install. */
export function createEmbeddedDriver(options: EmbeddedDriverOptions): Driver {
  const door = createDoor(options);

  async function openPool(): Promise<Pool> {
    const pg = await import("pg");
    return new pg.default.Pool({
      ...poolConfig(options),
      host: options.dataDir,
      user: "postgres",
      database: "postgres",
      ssl: false,
      stream: () => new FolderStream(door) as never,
    } as PoolConfig);
  }

  async function cancel({ processID, secretKey }: WireClient): Promise<void> {
    const stream = await door.enter();
    stream.on("error", () => {});
    stream.resume();
    stream.end(words(16, CANCEL_REQUEST, processID ?? 0, secretKey ?? 0));
  }

  const driver = createPoolDriver({
    ...options,
    kind: "embedded",
    openPool,
    cancel,
    explain: (error) => explain(error, options),
    waitsForTurn: true,
  });

  async function close(): Promise<void> {
    await driver.close();
    await door.close(CLOSE_GRACE_MS);
  }

  return { ...driver, close };
}

function explain(error: unknown, { dataDir, maxConnections }: EmbeddedDriverOptions): TrestleError {
  if (isTrestleError(error)) return error;
  const message = messageOf(error);
  if (message.includes("timeout exceeded"))
    return new TrestleError(
      "unavailable",
      `All ${maxConnections} connections of this process to ${dataDir} are busy. Try again later.`,
    );
  return new TrestleError("unavailable", `${dataDir} could not be opened: ${message}. Try again.`);
}
