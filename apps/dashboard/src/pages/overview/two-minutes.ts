import { useMemo, useState } from "react";
import { useAsk } from "../../api/queries.ts";
import { withEarlier } from "../../feed/earlier.ts";
import { useSeconds } from "../../feed/feed-provider.tsx";
import { SECONDS_SHOWN, type Second } from "../../feed/rates.ts";

/** As many as the bridge gives at once. */
const MOST_CALLS = 500;

/** Every second of the last two minutes, those before the page was opened too. */
export function useTwoMinutes(): readonly Second[] {
  const seconds = useSeconds();
  const [from] = useState(() => Date.now() - SECONDS_SHOWN * 1_000);
  const history = useAsk("GET history", { query: { from, limit: MOST_CALLS } });
  const earlier = history.data?.executions;
  return useMemo(() => (earlier ? withEarlier(seconds, earlier) : seconds), [seconds, earlier]);
}
