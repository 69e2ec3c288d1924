import { join } from "node:path";
import type { Breaker, BreakerView } from "@trestle/policy";
import type { Clock, Logger } from "@trestle/protocol";
import type { AlertWatch } from "../alerts/alerts.ts";
import type { LiveConfig } from "../config/live.ts";
import type { Shared } from "./shared.ts";

export interface JoinOthersParts {
  readonly shared?: Shared | undefined;
  readonly live: LiveConfig;
  readonly state: { readonly folder: string };
  readonly clock: Clock;
  readonly log: Logger;
}

/** What a bridge tells others that are one with it, and learns from them; of one that is alone, nothing. */
export interface Others {
  tellBreaker(change: BreakerView): void;
  /** From now on it learns which tools fail elsewhere. */
  follow(breaker: Pick<Breaker, "learn">): void;
  /** Decides which of them looks at the alerts. */
  readonly watch?: AlertWatch;
  close(): Promise<void>;
}

const nobody: Others = { tellBreaker: () => {}, follow: () => {}, close: async () => {} };

/** Resolves once it is known what others have approved: nothing is to be judged without it. */
export async function joinOthers(parts: JoinOthersParts): Promise<Others> {
  const { shared, live, state, clock, log } = parts;
  if (shared === undefined) return nobody;
  const [{ createSharedBreakers }, { sharePins }, { openAlertWatch }] = await Promise.all([
    import("./breakers.ts"),
    import("./pins.ts"),
    import("./alert-watch.ts"),
  ]);
  const breakers = createSharedBreakers({ ...shared, clock, log });
  const pins = await sharePins({
    ...{ ...shared, clock, log },
    path: live.current().lockFile,
    memory: join(state.folder, "shared-pins.json"),
  });
  const everyMs = (): number => live.current().events.alertEveryMs;
  const watch = await openAlertWatch({ ...shared, everyMs, clock, log });
  return {
    watch,
    tellBreaker: breakers.tell,
    follow: breakers.follow,
    async close() {
      breakers.close();
      await watch.close();
      await pins.close();
    },
  };
}
