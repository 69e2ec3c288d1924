import { type ChainedLog, type ChainHead, openChainedLog } from "@trestle/access";
import { type Clock, type JsonObject, type Logger, messageOf } from "@trestle/protocol";
import { createRefusals, type Refusal } from "./refusals.ts";

/** Who did what to the bridge: a hash-chained log, of which nothing can be taken away unseen. */
export interface Audit {
  /** Resolves once the entry is on the disk, power loss included. */
  record(entry: JsonObject): Promise<void>;
  /** Where it stands, for whoever reads it. */
  readonly folder: string;
  /** The last entry that is on the disk. */
  head(): ChainHead;
  /** Something was refused. Never waits and never throws; what repeats is counted, not repeated. */
  refused(refusal: Refusal): void;
  close(): Promise<void>;
}

export interface AuditParts {
  readonly folder: string;
  readonly clock: Clock;
  readonly log: Logger;
}

/** Throws `conflict` where entries are missing or changed, `unavailable` where another bridge has the folder. */
export async function openAudit({ folder, clock, log }: AuditParts): Promise<Audit> {
  const chain: ChainedLog = await openChainedLog({ folder, clock, log });
  const write = (entry: JsonObject): void => {
    chain.append(entry).catch((error: unknown) => {
      log.error("an audit entry was lost", { event: entry.event, reason: messageOf(error) });
    });
  };
  const refusals = createRefusals(write, clock);
  return {
    folder,
    head: chain.head,
    async record(entry) {
      await chain.append(entry);
    },
    refused: refusals.add,
    async close() {
      refusals.close();
      await chain.close();
    },
  };
}
