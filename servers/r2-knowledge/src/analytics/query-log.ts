import { masked } from "@trestle/errors";
import type { Clock } from "@trestle/protocol";
import type { ErrorInput } from "../records/diagnosis.ts";
import type { Redact } from "../records/redact.ts";
import { type QueryCounts, type QueryKind, queryKey, sumQueries } from "./queries.ts";

/** What this process was asked, and what came of it, until it is taken for a sample. */
export interface QueryLog {
  words(text: string, found: Answered): void;
  error(error: ErrorInput, found: Answered): void;
  /** A diagnosis was read: whichever query showed it last led there. */
  opened(id: string): void;
  /** Its fix was tried. */
  tried(id: string, worked: boolean): void;
  read(): QueryCounts[];
  /** Begins anew, and gives the most frequent so far. */
  take(): QueryCounts[];
  /** What was taken and could not be kept. */
  putBack(taken: readonly QueryCounts[]): void;
}

interface Answered {
  /** Of what was shown, the best first. */
  readonly ids: readonly string[];
  readonly total: number;
}

const MOST_CHARACTERS = 120;
/** Between two samples. What is asked once among so many others is not what anybody looks for here. */
const MOST_KEPT = 500;
const MOST_TAKEN = 100;
/** Results that are remembered, and for how long: what is opened later was found in another way. */
const MOST_SHOWN = 2_000;
const SHOWN_MS = 60 * 60_000;

interface Shown {
  readonly kind: QueryKind;
  readonly text: string;
  readonly at: number;
}

export function createQueryLog({ clock, redact }: { clock: Clock; redact: Redact }): QueryLog {
  const counts = new Map<string, QueryCounts>();
  const shown = new Map<string, Shown>();

  function countsOf(query: { kind: QueryKind; text: string }): QueryCounts {
    const { kind, text } = query;
    const known = counts.get(queryKey(query));
    if (known !== undefined) return known;
    const fresh = { kind, text, count: 0, empty: 0, opened: 0, worked: 0, failed: 0 };
    if (counts.size < MOST_KEPT) counts.set(queryKey(query), fresh);
    return fresh;
  }

  function asked(kind: QueryKind, said: string, { ids, total }: Answered): void {
    const text = redact({ text: said }).text.slice(0, MOST_CHARACTERS);
    const query = { kind, text: text.toLowerCase().replace(/\s+/g, " ").trim() };
    if (query.text === "") return;
    const known = countsOf(query);
    known.count += 1;
    if (total === 0) known.empty += 1;
    for (const id of ids) {
      // The youngest last: a map keeps the order in which its keys came.
      shown.delete(id);
      shown.set(id, { ...query, at: clock.now() });
    }
    for (const id of shown.keys()) {
      if (shown.size <= MOST_SHOWN) break;
      shown.delete(id);
    }
  }

  function ledTo(id: string): QueryCounts | undefined {
    const query = shown.get(id);
    return query && clock.now() - query.at <= SHOWN_MS ? countsOf(query) : undefined;
  }

  return {
    words: (text, found) => asked("words", text, found),
    error: ({ name = "", message }, found) =>
      asked("error", [name, masked(message)].filter(Boolean).join(": "), found),
    opened(id) {
      const query = ledTo(id);
      if (query) query.opened += 1;
    },
    tried(id, worked) {
      const query = ledTo(id);
      if (query) query[worked ? "worked" : "failed"] += 1;
    },
    read: () => sumQueries(counts.values()).slice(0, MOST_TAKEN),
    take() {
      const taken = sumQueries(counts.values()).slice(0, MOST_TAKEN);
      counts.clear();
      return taken;
    },
    putBack(taken) {
      const all = sumQueries([...taken, ...counts.values()]).slice(0, MOST_KEPT);
      counts.clear();
      for (const query of all) counts.set(queryKey(query), query);
    },
  };
}
