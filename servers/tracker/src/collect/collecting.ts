import { randomBytes } from "node:crypto";
import type { Clock, Logger } from "@trestle/protocol";
import type { AlertSettings } from "../alerts/config.ts";
import type { Silences } from "../alerts/silences.ts";
import type { Maintenance } from "../health/config.ts";
import type { TrackerStore } from "../store/tracker-store.ts";
import { type AgentKeys, createAgentKeys } from "./agent-keys.ts";
import { createDoor, type Door } from "./door.ts";
import { createTakeCheck } from "./take-check.ts";
import { createTakeRecords, type TakeRecordsParts } from "./take-records.ts";

export interface CollectingParts extends Omit<TakeRecordsParts, "store" | "now"> {
  readonly store: TrackerStore;
  /** Where agents deliver; undefined where none may. */
  readonly address: { readonly host: string; readonly port: number } | undefined;
  readonly maintenance: readonly Maintenance[];
  readonly alerts: AlertSettings;
  readonly silences: Silences;
  /** Learns anew what other processes stored. */
  refresh(): Promise<void>;
  readonly clock: Clock;
  readonly log: Logger;
}

/** Takes in what agents on other hosts read and check. */
export interface Collecting {
  readonly keys: AgentKeys;
  start(): Promise<void>;
  /** Where agents deliver to this process. */
  url(): string | undefined;
  close(): Promise<void>;
}

export function createCollecting(parts: CollectingParts): Collecting {
  const { store, address, clock, log, extractors, redact, onCommitted } = parts;
  const keys = createAgentKeys({
    ...{ store, now: clock.now, newSecret: () => randomBytes(32) },
    webhooks: parts.alerts.webhooks,
  });
  const takeRecords = createTakeRecords({
    ...{ store, extractors, redact, onCommitted, now: clock.now },
  });
  const takeCheck = createTakeCheck(parts);
  let refreshing: Promise<void> | undefined;
  let last: Promise<unknown> = Promise.resolve();
  let door: Door | undefined;

  return {
    keys,
    async start() {
      if (address === undefined) return;
      door = createDoor({
        ...{ ...address, keys, clock, log },
        take(agent, message) {
          // Extractors of all files share what they know: one message after the other.
          const turn = last.then(async () => {
            refreshing ??= parts.refresh();
            await refreshing;
            if (message.kind === "check") await takeCheck(agent, message);
            else await takeRecords(agent, message);
          });
          last = turn.catch(() => {
            refreshing = undefined;
          });
          return turn;
        },
      });
      await door.open();
    },
    url: () => door?.url,
    async close() {
      await door?.close();
      await last;
    },
  };
}
