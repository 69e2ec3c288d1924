import { createBatches } from "../runs/batches.ts";
import type { Postgres } from "../runs/postgres/postgres.ts";
import type { Piece } from "./task-rows.ts";

/** What engines tell each other so that nobody has to look all the time. All of it is also in the tables. */
interface Told {
  /** A run that has ended, or waits for somebody. */
  readonly resting?: string;
  /** A worker that does this is to stop. */
  readonly stop?: Piece;
}

export interface News {
  tell(news: { readonly resting: readonly string[]; readonly stopping: readonly Piece[] }): void;
  /** Calls once when the run rests; gives the function that forgets it. */
  whenResting(runId: string, hear: () => void): () => void;
}

const CHANNEL = "trestle_news";
/** Postgres carries less than 8,000 bytes. */
const MOST_CHARACTERS = 2_000;

export function createNews(postgres: Postgres, onStop: (piece: Piece) => void): News {
  const waiting = new Map<string, Set<() => void>>();
  const send = createBatches<string>(async (batch) => {
    const payloads = batch.map((payload) => payload);
    await postgres
      .query(`SELECT pg_notify('${CHANNEL}', payload) FROM unnest($1::text[]) AS payload`, [
        payloads,
      ])
      .catch(() => {});
  }, 1_000);

  function hear({ resting, stop }: Told): void {
    if (stop !== undefined) onStop(stop);
    if (resting === undefined) return;
    const hearers = waiting.get(resting);
    waiting.delete(resting);
    for (const each of hearers ?? []) each();
  }

  postgres.listen(CHANNEL, (payload) => {
    for (const told of read(payload)) hear(told);
  });

  return {
    tell({ resting, stopping }) {
      const all = [
        ...resting.map((id) => ({ resting: id })),
        ...stopping.map((stop) => ({ stop })),
      ];
      for (const told of all) hear(told);
      for (const payload of inParts(all)) send(payload);
    },
    whenResting(runId, callback) {
      const hearers = waiting.get(runId) ?? new Set();
      waiting.set(runId, hearers.add(callback));
      return () => {
        hearers.delete(callback);
        if (hearers.size === 0 && waiting.get(runId) === hearers) waiting.delete(runId);
      };
    },
  };
}

/** Whoever may connect may also notify: what is none of ours is left alone. */
function read(payload: string): readonly Told[] {
  try {
    const told: unknown = JSON.parse(payload);
    return Array.isArray(told) ? told.filter((each) => typeof each === "object" && each) : [];
  } catch {
    return [];
  }
}

function inParts(all: readonly Told[]): string[] {
  const parts: string[] = [];
  let part: string[] = [];
  let length = 0;
  for (const told of all) {
    const text = JSON.stringify(told);
    if (length + text.length > MOST_CHARACTERS && part.length > 0) {
      parts.push(`[${part.join(",")}]`);
      part = [];
      length = 0;
    }
    part.push(text);
    length += text.length;
  }
  return part.length === 0 ? parts : [...parts, `[${part.join(",")}]`];
}
