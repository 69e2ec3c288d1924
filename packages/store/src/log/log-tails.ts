import { type Clock, type Logger, messageOf } from "@trestle/protocol";
import type { Bus } from "../bus/bus.ts";
import type { Sqlite } from "../sqlite.ts";
import type { LogEntry, LogRange, TailOptions } from "./log.ts";

interface TailsOptions {
  readonly sqlite: Sqlite;
  readonly bus: Bus | undefined;
  readonly clock: Clock;
  readonly log: Logger;
  readonly read: (topic: string, range: LogRange) => LogEntry[];
}

interface Tails {
  add(topic: string, options: TailOptions): () => void;
  /** This process has appended. */
  changed(topic: string): void;
  close(): void;
}

/** How often the file is looked at: cheap entries are told by nobody, and the bus may lose a hint. */
const POLL_MS = 50;
const BATCH = 256;
/** The bus's topic on which appended topics are named. */
const HINTS = "trestle/log";

/** All tails of a file in this process. They look when told, and when the file has changed. */
export function createTails(options: TailsOptions): Tails {
  const { sqlite, bus, clock, log } = options;
  const tails = new Set<{ readonly topic: string } & StartedTail>();
  let version: unknown;
  let cancelPoll: (() => void) | undefined;
  let hints: Promise<() => void> | undefined;

  function poll(): void {
    cancelPoll = clock.after(POLL_MS, poll);
    // Changes with every commit of any process; asking costs microseconds.
    const before = version;
    version = versionOf(sqlite, log);
    if (version !== before) for (const tail of tails) tail.wake();
  }

  function wakeTopic(changed: string): void {
    for (const tail of tails) if (tail.topic === changed) tail.wake();
  }

  function add(topic: string, how: TailOptions): () => void {
    const tail = { topic, ...startTail(topic, how, options) };
    tails.add(tail);
    hints ??= bus?.subscribe(HINTS, { onMessage: wakeTopic });
    if (!cancelPoll) poll();
    tail.wake();
    return () => {
      tails.delete(tail);
      tail.end();
      if (tails.size === 0) stop();
    };
  }

  function stop(): void {
    cancelPoll?.();
    cancelPoll = undefined;
    hints?.then((unsubscribe) => unsubscribe()).catch(() => {});
    hints = undefined;
  }

  return {
    add,
    changed(topic) {
      wakeTopic(topic);
      bus?.publish(HINTS, topic);
    },
    close() {
      for (const tail of tails) tail.end();
      tails.clear();
      stop();
    },
  };
}

function versionOf(sqlite: Sqlite, log: Logger): unknown {
  try {
    return sqlite.read("PRAGMA data_version")[0]?.data_version;
  } catch (error) {
    log.warn("The log cannot be looked at", { error: messageOf(error) });
    return undefined;
  }
}

interface StartedTail {
  wake(): void;
  end(): void;
}

/** Reads batch after batch until there is nothing new, then sleeps until it is woken. */
function startTail(
  topic: string,
  { sinceSeq, onEntries }: TailOptions,
  { read, log, clock }: TailsOptions,
): StartedTail {
  let cursor = sinceSeq;
  let reading = false;
  let again = false;
  let ended = false;

  function wake(): void {
    again = true;
    if (!reading && !ended) void follow();
  }

  async function follow(): Promise<void> {
    reading = true;
    try {
      while (again && !ended) {
        again = false;
        const entries = read(topic, { sinceSeq: cursor, limit: BATCH });
        const last = entries.at(-1);
        if (!last) continue;
        await onEntries(entries);
        cursor = last.seq;
        again = true;
      }
    } catch (error) {
      log.warn("A tail could not take what was appended", { topic, error: messageOf(error) });
      clock.after(POLL_MS, wake);
    } finally {
      reading = false;
    }
  }

  return {
    wake,
    end() {
      ended = true;
    },
  };
}
