import { join } from "node:path";
import type { KeyStore } from "@trestle/access";
import { createRedact, DEFAULT_REDACT } from "@trestle/policy";
import type { Clock, Logger } from "@trestle/protocol";
import { createProcessRegistry } from "@trestle/upstream";
import { openAccess } from "../access/access.ts";
import type { LiveConfig } from "../config/live.ts";
import type { Shared } from "../shared/shared.ts";
import { openRecords } from "./records.ts";
import { openVerdicts } from "./verdicts.ts";

/** What the bridge keeps in its folder, and what an earlier bridge left behind there. */
export type State = Awaited<ReturnType<typeof openState>>;

export interface StateParts {
  readonly live: LiveConfig;
  readonly clock: Clock;
  readonly log: Logger;
  readonly shared?: Shared | undefined;
}

export async function openState({ live, clock, log, shared }: StateParts) {
  const { home, history, env } = live.current();
  const folder = join(home, "bridge");
  const redact = createRedact({ ...DEFAULT_REDACT, fields: history.redact });
  const file = join(folder, "history.db");
  const records = await openRecords({ file, maxRows: history.maxRows, clock, log, redact });
  const access = await openAccess({
    home,
    config: live.current,
    encryptionKey: env.MCP_ENCRYPTION_KEY,
    shareKeys: shared && shareKeysWith(shared, { clock, log }),
    clock,
    log,
  });
  const processes = createProcessRegistry({ folder: join(folder, "children"), log });
  await processes.reapLeftovers();
  return {
    folder,
    access,
    records,
    redact,
    processes,
    verdicts: openVerdicts(join(folder, "eras.json")),
    async close() {
      await processes.close();
      await access.close();
      await records.close();
    },
  };
}

function shareKeysWith({ redis, bus }: Shared, parts: Pick<StateParts, "clock" | "log">) {
  return async (keys: KeyStore): Promise<KeyStore> => {
    const { shareKeys } = await import("../shared/keys.ts");
    return shareKeys({ keys, redis, bus, ...parts });
  };
}
