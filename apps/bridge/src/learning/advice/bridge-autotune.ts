import type { Hub } from "@trestle/events";
import type { Clock, Logger } from "@trestle/protocol";
import type { Access } from "../../access/access.ts";
import type { LiveConfig } from "../../config/live.ts";
import type { Core } from "../../core.ts";
import { type Autotune, createAutotune } from "./autotune.ts";

export interface BridgeAutotuneParts {
  readonly live: LiveConfig;
  readonly clock: Clock;
  readonly log: Logger;
  readonly hub: Hub;
  readonly access: Pick<Access, "audit">;
  readonly core: () => Core;
}

/** What a bridge does to its own settings: in the audit log and told as an event before it holds. */
export function createBridgeAutotune(parts: BridgeAutotuneParts): Autotune {
  const { live, clock, log, hub, access, core } = parts;
  return createAutotune({
    ...{ live, clock, log },
    // Loaded where it is switched on: a start waits for every file.
    read: async (settings) => (await import("./read.ts")).readTuning(core(), settings),
    async tell({ evidence, ...change }) {
      await access.audit.record({ event: "autotuned", ...change, evidence });
      log.info("The bridge tuned itself", { ...change, evidence });
      // Whoever may use the server may read it: what others did there is not for them.
      hub.publish("tuning.applied", change);
    },
  });
}
