import { existsSync } from "node:fs";
import { join } from "node:path";
import {
  LOCAL_PRINCIPAL,
  messageOf,
  type ServerDefinition,
  type ServerInstance,
} from "@trestle/protocol";

/** A start is not held up, and whoever only lists tools may be gone by then. */
const AFTER_MS = 1_000;

/**
 * Mounts as it is told to, and opens the server without waiting for a request where executions have not ended, where
 * schedules or triggers wait, where webhooks are to be taken in, or where a database may have what nobody looks after.
 */
export function goingOn(mount: ServerDefinition["mount"]): ServerDefinition["mount"] {
  return (host, settings) => {
    const instance = mount(host, settings);
    const listens = Boolean(settings.ORCHESTRATOR_WEBHOOKS_LISTEN || settings.webhooksListen);
    const shares = Boolean(settings.ORCHESTRATOR_DATABASE_URL || settings.databaseUrl);
    const folder = settings.ORCHESTRATOR_DATA_DIR ?? settings.dataDir ?? host.dataDir;
    const cancel = host.clock.after(AFTER_MS, () => {
      wake(folder, instance, listens || shares).catch((error) =>
        host.log.error("executions do not go on before the next request", {
          error: messageOf(error),
        }),
      );
    });
    return {
      ...instance,
      async close() {
        cancel();
        await instance.close();
      },
    };
  };
}

async function wake(folder: string, instance: ServerInstance, always: boolean): Promise<void> {
  if (!always && !(await hasWork(folder))) return;
  await instance.request(
    "tools/call",
    { name: "list_executions", arguments: { limit: 1 } },
    {
      principal: LOCAL_PRINCIPAL,
      signal: new AbortController().signal,
      client: { era: "modern", protocolVersion: "2026-07-28", capabilities: {} },
    },
  );
}

/** The index leaves out what succeeded. */
const UNFINISHED = `
  SELECT 1 FROM run WHERE status IN ('running', 'waiting', 'paused') AND status <> 'succeeded' LIMIT 1`;
/** A swarm in which something may lapse, or agents of a crew are at work. */
const WATCHED = "SELECT 1 FROM swarm WHERE watched = 1 LIMIT 1";
const AUTOMATED = "SELECT 1 FROM automation LIMIT 1";

async function hasWork(dataDir: string): Promise<boolean> {
  return (
    (await finds(join(dataDir, "workflows.db"), UNFINISHED)) ||
    (await finds(join(dataDir, "swarms.db"), WATCHED)) ||
    (await finds(join(dataDir, "automation.db"), AUTOMATED))
  );
}

/** Only looks; where it cannot, whoever opens the file properly says why. */
async function finds(file: string, sql: string): Promise<boolean> {
  if (!existsSync(file)) return false;
  const { DatabaseSync } = await import("node:sqlite");
  try {
    const database = new DatabaseSync(file, { readOnly: true });
    try {
      return database.prepare(sql).get() !== undefined;
    } finally {
      database.close();
    }
  } catch {
    return true;
  }
}
