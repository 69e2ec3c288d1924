import { silentLogger, systemClock } from "@trestle/protocol";
import { createLocalDatabase, LOCAL_POSTGRES } from "@trestle/testkit/local-postgres";
import { type Config, config } from "../config.ts";
import type { Guard } from "../guard/guard.ts";
import { temporaryFolder } from "./_temporary-folder.ts";
import type { Database } from "./database.ts";
import { openDatabase } from "./open-database.ts";

/** A database of a test's own, gone when it is closed, as our server opens it. */
export interface OwnDatabase extends Database {
  /** Any statements, past the server's rules. */
  script(text: string): Promise<void>;
}

/** In a folder of its own. */
export async function openOwnEmbedded(guard: Guard): Promise<OwnDatabase> {
  const folder = temporaryFolder();
  return own(open({}, guard, folder.path), folder.remove);
}

/** On a server, over TCP. */
export async function openOwnLocal(
  guard: Guard,
  server = LOCAL_POSTGRES,
): Promise<OwnDatabase & { readonly url: string }> {
  const { url, drop } = await createLocalDatabase({ server });
  return { ...own(open({ url }, guard), drop), url };
}

function own(database: Database, remove: () => unknown): OwnDatabase {
  return {
    ...database,
    script: (text) => database.write((connection) => connection.script(text)),
    async close() {
      await database.close();
      await remove();
    },
  };
}

function open(settings: Partial<Config>, guard: Guard, dataDir = ""): Database {
  const parts = { guard, dataDir, clock: systemClock, log: silentLogger };
  return openDatabase(config.parse(settings), parts);
}
