import type { Clock, Logger } from "@trestle/protocol";
import type { Config } from "./config.ts";
import { toKnown } from "./knowledge/failures.ts";
import type { KnowledgeStore } from "./knowledge/knowledge-store.ts";
import { openKnowledge } from "./knowledge/open-knowledge.ts";
import { openStore, placeOf } from "./open-store.ts";

/** What the tools share. */
export interface State {
  readonly knowledge: KnowledgeStore;
  close(): Promise<void>;
}

export interface StateParts {
  readonly config: Config;
  readonly dataDir: string;
  readonly clock: Clock;
  readonly log: Logger;
}

export async function openState({ config, dataDir, clock, log }: StateParts): Promise<State> {
  const { refreshMs, redactFields } = config;
  const store = await openStore(placeOf(config, dataDir), clock).catch((error: unknown) => {
    throw toKnown(error);
  });
  const knowledge = openKnowledge({ store, clock, log, refreshMs, redactFields });
  return { knowledge, close: () => knowledge.close() };
}
