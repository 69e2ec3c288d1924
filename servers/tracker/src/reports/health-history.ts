import * as z from "zod";
import { isKept } from "../health/keeper.ts";
import type { TrackerStore } from "../store/tracker-store.ts";
import { shownTime } from "./time.ts";

const MOST_CHECKS = 1_000;
const MOST_CHANGES = 20;

export const historyShape = z
  .object({
    checks: z.int().describe("The last ones, at most 1,000"),
    since: z.string().describe("When the first of them was"),
    upPercent: z.number().describe("Of them, how many found it up or degraded"),
    changes: z.array(z.object({ at: z.string(), status: z.string() })).describe("The last first"),
  })
  .describe("Of targets that were asked for by name");

/** How a target was, as far as it is kept; undefined where nothing is. */
export async function healthHistory(
  store: Pick<TrackerStore, "history">,
  name: string,
): Promise<z.output<typeof historyShape> | undefined> {
  const documents = await store.history("health", name, { limit: MOST_CHECKS });
  const checks = documents.flatMap(({ at, value }) => {
    const kept: unknown = value;
    return isKept(kept) ? [{ at, ...kept.state }] : [];
  });
  const first = checks.at(-1);
  if (first === undefined) return undefined;
  const well = checks.filter(({ last }) => last?.level !== "down").length;
  const changes = checks.filter(({ status }, n) => status !== checks[n + 1]?.status);
  return {
    checks: checks.length,
    since: shownTime(first.at),
    upPercent: Math.round((well / checks.length) * 1_000) / 10,
    changes: changes
      .slice(0, MOST_CHANGES)
      .map(({ at, status }) => ({ at: shownTime(at), status })),
  };
}
