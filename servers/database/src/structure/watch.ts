import type { Clock, Logger } from "@trestle/protocol";
import { messageOf } from "@trestle/protocol";
import type { Catalog } from "./catalog.ts";

/** Looks out for changes of the structure, for as long as somebody wants to hear of them. */
export interface SchemaWatch {
  /** `show` tells a part of the structure as text; `changed` is called when it is another. */
  add(show: () => Promise<string>, changed: () => void): Promise<() => void>;
  close(): void;
}

const INTERVAL_MS = 5_000;
const LONGEST_MS = 60_000;
/** Of the server's time, looking may take a fiftieth. */
const REST = 50;

/**
 * Transactions that wrote and are over, and those that still run. As long as this is the same, nothing at all was
 * committed: asking costs next to nothing, and only where it changed is the structure looked at.
 */
const SNAPSHOT = "SELECT pg_current_snapshot()::text";

interface Watched {
  readonly show: () => Promise<string>;
  readonly changed: () => void;
  last: string;
}

export function createSchemaWatch({
  catalog,
  clock,
  log,
}: {
  readonly catalog: Catalog;
  readonly clock: Clock;
  readonly log: Logger;
}): SchemaWatch {
  const watched = new Set<Watched>();
  let snapshot: string | undefined;
  let cancelTimer: (() => void) | undefined;

  async function add(show: () => Promise<string>, changed: () => void): Promise<() => void> {
    const watch: Watched = { show, changed, last: await show() };
    watched.add(watch);
    cancelTimer ??= clock.after(INTERVAL_MS, tick);
    return () => {
      watched.delete(watch);
      if (watched.size === 0) rest();
    };
  }

  function rest(): void {
    cancelTimer?.();
    cancelTimer = undefined;
    snapshot = undefined;
  }

  function tick(): void {
    const from = clock.now();
    void look()
      .catch((error: unknown) => log.debug("structure not looked at", { error: messageOf(error) }))
      .finally(() => {
        if (watched.size === 0) return;
        const wait = Math.max(INTERVAL_MS, REST * (clock.now() - from));
        cancelTimer = clock.after(Math.min(wait, LONGEST_MS), tick);
      });
  }

  async function look(): Promise<void> {
    const now = await catalog.read(async (connection) => {
      const { rows } = await connection.run(SNAPSHOT);
      return rows[0]?.[0] ?? "";
    });
    if (now === snapshot) return;
    for (const watch of [...watched]) {
      const shown = await watch.show();
      if (shown === watch.last || !watched.has(watch)) continue;
      watch.last = shown;
      watch.changed();
    }
    // Only now: what could not be looked at is looked at the next time.
    snapshot = now;
  }

  function close(): void {
    watched.clear();
    rest();
  }

  return { add, close };
}
