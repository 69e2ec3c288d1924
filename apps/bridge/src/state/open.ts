import { randomUUID } from "node:crypto";
import { hostname } from "node:os";
import { join } from "node:path";
import type { KeyStore } from "@trestle/access";
import { createRedact, DEFAULT_REDACT } from "@trestle/policy";
import type { Clock, JsonObject, Logger } from "@trestle/protocol";
import { refuseNewerFiles } from "@trestle/store";
import { createProcessRegistry } from "@trestle/upstream";
import { openAccess } from "../access/access.ts";
import type { Audit } from "../access/audit.ts";
import type { ShareEnds } from "../access/web-sessions.ts";
import type { Archive } from "../archive/archive.ts";
import type { LiveConfig } from "../config/live.ts";
import type { Config } from "../config/load.ts";
import { watchDisk } from "../disk/watch.ts";
import type { Shared } from "../shared/shared.ts";
import { createKeeper } from "./history/kept-results.ts";
import type { HistorySource } from "./history/source.ts";
import { openRecords, type Records } from "./records.ts";
import { BRIDGE_SCHEMAS } from "./schemas.ts";
import { openVerdicts } from "./verdicts.ts";

/** What the bridge keeps in its folder, and what an earlier bridge left behind there. */
export type State = Awaited<ReturnType<typeof openState>>;

export interface StateParts {
  readonly live: LiveConfig;
  readonly clock: Clock;
  readonly log: Logger;
  readonly shared?: Shared | undefined;
}

const MEGABYTE = 1024 * 1024;

export async function openState({ live, clock, log, shared }: StateParts) {
  const { home, history, env, store } = live.current();
  const folder = join(home, "bridge");
  refuseNewerFiles(
    Object.entries(BRIDGE_SCHEMAS).map(([path, known]) => ({ file: join(home, path), known })),
  );
  const redact = createRedact({ ...DEFAULT_REDACT, fields: history.redact });
  const file = join(folder, "history.db");
  const isCopied = store.postgres !== undefined;
  const records = await openRecords({
    file,
    maxRows: history.maxRows,
    isCopied,
    maxBytes: store.quotas.history * MEGABYTE,
    clock,
    log,
    redact,
  });
  const access = await openAccess({
    home,
    config: live.current,
    encryptionKey: env.MCP_ENCRYPTION_KEY,
    shareKeys: shared && shareKeysWith(shared, { clock, log }),
    shareEnds: shared && shareEndsWith(shared, { clock, log }),
    clock,
    log,
  });
  const processes = createProcessRegistry({ folder: join(folder, "children"), log });
  await processes.reapLeftovers();
  const archive = await openArchive({ folder, store, records, audit: access.audit, clock, log });
  const disk = watchDisk({ home, quotas: store.quotas, clock, log });
  return {
    folder,
    access,
    records,
    /** What this home did, and others of the same Postgres; nothing where none is configured. */
    archive,
    /** Where else executions can be read. */
    sources: (archive ? [archive] : []) as readonly HistorySource[],
    redact,
    keepOf: await createKeeper({
      ...{ settings: history.results, fields: history.redact },
      hide: (value) => live.current().secrets.redact(value) as JsonObject,
    }),
    processes,
    verdicts: openVerdicts(join(folder, "eras.json")),
    /** How much of the disk all of it takes. */
    disk,
    async close() {
      disk.close();
      await processes.close();
      await archive?.close();
      await access.close();
      await records.close();
    },
  };
}

interface ArchivedParts extends Pick<StateParts, "clock" | "log"> {
  readonly folder: string;
  readonly store: Config["store"];
  readonly records: Records;
  readonly audit: Audit;
}

async function openArchive(parts: ArchivedParts): Promise<Archive | undefined> {
  const { folder, store, records, ...rest } = parts;
  if (store.postgres === undefined) return undefined;
  const [{ createArchive }, { ensureHomeId }] = await Promise.all([
    import("../archive/archive.ts"),
    import("../archive/home-id.ts"),
  ]);
  return createArchive({
    ...rest,
    url: store.postgres,
    home: ensureHomeId(folder, randomUUID),
    hostName: hostname(),
    outgoing: records.outgoing,
    history: records.history,
    retention: store.retention,
  });
}

function shareKeysWith({ redis, bus }: Shared, parts: Pick<StateParts, "clock" | "log">) {
  return async (keys: KeyStore): Promise<KeyStore> => {
    const { shareKeys } = await import("../shared/keys.ts");
    return shareKeys({ keys, redis, bus, ...parts });
  };
}

function shareEndsWith(shared: Shared, parts: Pick<StateParts, "clock" | "log">): ShareEnds {
  return async (own) => {
    const { shareEnds } = await import("../shared/web-sessions.ts");
    return shareEnds({ ...shared, own, ...parts });
  };
}
