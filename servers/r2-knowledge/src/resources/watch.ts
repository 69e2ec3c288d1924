import { type Clock, isTrestleError, type Logger, messageOf } from "@trestle/protocol";
import type { KnowledgeStore } from "../knowledge/knowledge-store.ts";

export interface WatchParts {
  readonly knowledge: Pick<KnowledgeStore, "subscribe">;
  readonly clock: Clock;
  readonly log: Logger;
  /** The resource as text. */
  readonly show: () => Promise<string>;
  /** Called when it is another. */
  readonly changed: () => void;
}

/** How often it is looked at for what other processes did; each look may cost a list request. */
const INTERVAL_MS = 30_000;

/** Tells when a part of the knowledge is another: at once what this process did, soon what others did. */
export async function watchKnowledge(parts: WatchParts): Promise<() => void> {
  const { knowledge, clock, log, changed } = parts;
  const show = () => parts.show().catch(goneOrThrow);
  let last = await show();
  let looking = Promise.resolve();
  let isOver = false;
  let cancelTimer = clock.after(INTERVAL_MS, tick);

  async function look(): Promise<void> {
    if (isOver) return;
    const shown = await show();
    if (shown === last || isOver) return;
    last = shown;
    changed();
  }

  /** One after the other, so that no older look overwrites a newer one. */
  function lookSoon(): Promise<void> {
    looking = looking.then(look).catch((error: unknown) => {
      log.debug("resource not looked at", { error: messageOf(error) });
    });
    return looking;
  }

  function tick(): void {
    void lookSoon().finally(() => {
      if (!isOver) cancelTimer = clock.after(INTERVAL_MS, tick);
    });
  }

  const unsubscribe = knowledge.subscribe(() => void lookSoon());
  return () => {
    isOver = true;
    cancelTimer();
    unsubscribe();
  };
}

/** What is deleted has changed; what comes into being later too. */
function goneOrThrow(error: unknown): string {
  if (isTrestleError(error) && error.code === "not_found") return "";
  throw error;
}
