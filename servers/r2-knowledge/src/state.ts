import process from "node:process";
import type { Clock, Logger } from "@trestle/protocol";
import type { Config } from "./config.ts";
import { toKnown } from "./knowledge/failures.ts";
import type { KnowledgeStore } from "./knowledge/knowledge-store.ts";
import { openKnowledge } from "./knowledge/open-knowledge.ts";
import { openStore, placeOf } from "./open-store.ts";
import { createOperations, type Operations, sealed } from "./operations/operations.ts";

/** What the tools share. */
export interface State {
  readonly knowledge: KnowledgeStore;
  readonly operations: Operations;
  close(): Promise<void>;
}

export interface StateParts {
  readonly config: Config;
  readonly dataDir: string;
  readonly clock: Clock;
  readonly log: Logger;
}

export async function openState(parts: StateParts): Promise<State> {
  const { config, dataDir, clock, log } = parts;
  const { refreshMs, redactFields } = config;
  const store = await openStore(placeOf(config, dataDir), clock)
    .then((plain) => sealed(plain, config, dataDir))
    .catch((error: unknown) => {
      throw toKnown(error);
    });
  const knowledge = openKnowledge({ store, clock, log, refreshMs, redactFields });
  const operations = createOperations({ ...parts, store, knowledge, environment: process.env });
  return {
    knowledge,
    operations,
    async close() {
      await operations.close();
      await knowledge.close();
    },
  };
}
