import type { ErrorFact } from "../model/facts.ts";

/** Something happened in a part of a system: an error of a group, as the store tells them. */
export interface SystemEvent {
  /** Of the record that shows it. */
  readonly recordId: string;
  readonly component: string;
  readonly group: string;
  /** Milliseconds since 1970. */
  readonly at: number;
  /** What it shares with others, by kind: `session`, `file`, `commit`, `host`. */
  readonly keys?: Readonly<Partial<Record<KeyKind, readonly string[]>>>;
}

export type KeyKind = "session" | "file" | "commit" | "host";

/** `host` is where the record was read, where that is known. */
export function eventOfError(
  error: Pick<ErrorFact, "recordId" | "component" | "group" | "at" | "sessionId" | "files">,
  host?: string,
): SystemEvent {
  const { recordId, component, group, at, sessionId, files } = error;
  const keys = { session: [sessionId], file: files, ...(host !== undefined && { host: [host] }) };
  return { recordId, component, group, at, keys };
}

/** One of a system's streams: all events of one group of one component. */
export interface Stream {
  readonly component: string;
  readonly group: string;
  /** In the order of time. */
  readonly events: readonly SystemEvent[];
}

/** The most frequent streams with at least so many events. */
export function streamsOf(
  events: readonly SystemEvent[],
  { least, most }: { readonly least: number; readonly most: number },
): Stream[] {
  const byStream = Map.groupBy(events, ({ component, group }) => `${component}\0${group}`);
  return [...byStream.values()]
    .filter((all) => all.length >= least)
    .map((all) => {
      const { component, group } = all[0] as SystemEvent;
      return { component, group, events: all.toSorted((a, b) => a.at - b.at) };
    })
    .toSorted((a, b) => b.events.length - a.events.length)
    .slice(0, most);
}

/** The first events of bursts: an error that is repeated at once tells nothing new. */
export function episodesOf(events: readonly SystemEvent[], quietMs: number): SystemEvent[] {
  return events.filter(({ at }, index) => {
    const before = events[index - 1];
    return before === undefined || at - before.at >= quietMs;
  });
}
