import { useCallback, useEffect, useMemo, useRef, useState } from "react";
import { ask, type InputOf } from "../../api/client.ts";
import { createBatches, type NextFrame } from "../../feed/batches.ts";
import type { FeedEvent } from "../../feed/connection.ts";
import { useFeedEvents } from "../../feed/feed-provider.tsx";
import {
  type Filters,
  NO_ROWS,
  queryOf,
  type Rows,
  rowsOf,
  withCalls,
  withPage,
  withWaiting,
} from "./rows.ts";

const PAGE_ROWS = 500;
/** More often nobody can read what moves. */
const LIVE_EVERY_MS = 200;

const afterAWhile: NextFrame = (run) => {
  const timer = setTimeout(run, LIVE_EVERY_MS);
  return () => clearTimeout(timer);
};

export interface LiveRows extends Rows {
  readonly isLoading: boolean;
  readonly error: unknown;
  /** The next older page, unless it is on its way. */
  more(): void;
  /** What has waited, and from now on whatever comes. */
  catchUp(): void;
  /** Somebody reads further down: what comes waits. */
  setReading(reading: boolean): void;
}

type Query = NonNullable<InputOf<"GET history">["query"]>;

/** The history under these filters, page by page, and live at its head. */
export function useRows(filters: Filters): LiveRows {
  const [rows, setRows] = useState<Rows>(NO_ROWS);
  const [state, setState] = useState<{ readonly isLoading: boolean; readonly error?: unknown }>({
    isLoading: true,
  });
  const reading = useRef(false);
  const asked = useRef<AbortController>(undefined);
  const key = JSON.stringify(filters);

  const load = useCallback(
    (before: number | string | undefined) => {
      const own = new AbortController();
      asked.current = own;
      setState({ isLoading: true });
      const query = {
        ...queryOf(JSON.parse(key) as Filters, Date.now()),
        limit: PAGE_ROWS,
        ...(before === undefined ? {} : { before }),
      } as Query;
      ask("GET history", { query }, { signal: own.signal }).then(
        ({ executions, next }) => {
          setRows((known) => withPage(before === undefined ? NO_ROWS : known, executions, next));
          setState({ isLoading: false });
        },
        (error: unknown) => own.signal.aborted || setState({ isLoading: false, error }),
      );
    },
    [key],
  );
  useEffect(() => {
    load(undefined);
    return () => asked.current?.abort();
  }, [load]);

  const take = useCallback(
    (batch: readonly FeedEvent[]) => {
      const calls = rowsOf(batch, JSON.parse(key) as Filters, Date.now());
      if (calls.length > 0) setRows((known) => withCalls(known, calls, reading.current));
    },
    [key],
  );
  useGathered(take);

  return {
    ...rows,
    isLoading: state.isLoading,
    error: state.error,
    more: () => {
      if (!state.isLoading && rows.next !== undefined) load(rows.next);
    },
    catchUp: () => setRows(withWaiting),
    setReading: (now) => {
      reading.current = now;
    },
  };
}

/** What the feed told in a while, as one. */
function useGathered(take: (batch: readonly FeedEvent[]) => void): void {
  const gathered = useMemo(() => createBatches<FeedEvent>(afterAWhile, take), [take]);
  useEffect(() => gathered.close, [gathered]);
  const hear = useCallback(
    (batch: readonly FeedEvent[]) => {
      for (const event of batch) gathered.add(event);
    },
    [gathered],
  );
  useFeedEvents(hear);
}
