import { describe, expect, test } from "vitest";
import { report } from "./_measure.ts";
import { type Mix, type MixCall, runMix } from "./_mix.ts";
import { seedOf } from "./_random.ts";

/** `pnpm chaos mix` makes 10,000 calls. */
const CALLS = Number(process.env.ROUNDS ?? 2) * 200;
const SEED = seedOf(process.env);
/** Of few calls a share says little. */
const LEAST_SUCCEED = CALLS >= 5_000 ? 0.98 : 0.94;

describe(`${CALLS} calls with passing faults in one of ten requests, SEED=${SEED}`, () => {
  const figures: string[] = [];

  test.each([true, false])(
    "succeed, with nothing done twice; cache: %s",
    { timeout: 600_000 },
    async (cache) => {
      const mix = await runMix({ calls: CALLS, seed: SEED, cache });
      figures.push(lineOf(mix, cache));
      const writes = mix.calls.filter(({ tool }) => tool.startsWith("write"));
      const reads = mix.calls.filter(({ tool }) => tool.startsWith("read"));
      const which = (calls: readonly MixCall[]) =>
        calls.map(({ server, key, got }) => `${server} ${key} ${got}`);

      expect(which(writes.filter((call) => mix.effectsOf(call) > 1)), "done twice").toEqual([]);
      const lost = writes.filter((call) => call.got === "answer" && mix.effectsOf(call) !== 1);
      expect(which(lost), "answered and not done").toEqual([]);
      const surely = (call: MixCall) => call.got !== "answer" && call.got !== "outcome_unknown";
      expect(
        which(writes.filter((call) => surely(call) && mix.effectsOf(call) > 0)),
        "failed and done",
      ).toEqual([]);
      const unknown = mix.calls.filter(({ got }) => got === "outcome_unknown");
      const unfounded = unknown.filter(
        (call) =>
          call.tool.startsWith("read") || (call.server !== "local" && mix.attemptsOf(call) === 0),
      );
      expect(which(unfounded), "of unknown outcome without need").toEqual([]);
      const stale = reads.filter(({ got, seen, settled }) => got === "answer" && seen < settled);
      expect(which(stale), "older than a write that was answered before").toEqual([]);

      expect(mix.rows, "rows of the history").toHaveLength(CALLS);
      expect(mix.counted, "calls in the metrics").toBe(CALLS);
      const rowsOf = (outcome: string) => mix.rows.filter((row) => row.outcome === outcome);
      expect(rowsOf("success")).toHaveLength(
        mix.calls.filter(({ got }) => got === "answer").length,
      );
      expect(rowsOf("outcome_unknown")).toHaveLength(unknown.length);
      expect(mix.calls.some(({ cached }) => cached)).toBe(cache);
      expect(succeeded(mix), [...figures, tallyOf(mix)].join("\n")).toBeGreaterThanOrEqual(
        LEAST_SUCCEED,
      );
      report(`${figures.at(-1)} ${tallyOf(mix)}`);
    },
  );
});

function succeeded({ calls }: Mix): number {
  return calls.filter(({ got }) => got === "answer").length / calls.length;
}

function lineOf(mix: Mix, cache: boolean): string {
  const { calls, tookMs, requests } = mix;
  const share = (succeeded(mix) * 100).toFixed(2);
  const hits = calls.filter(({ cached }) => cached).length;
  return `cache ${cache ? "on" : "off"}: ${calls.length} calls in ${(tookMs / 1000).toFixed(1)} s, ${share} % succeed, ${hits} from the cache, ${requests} requests.`;
}

/** How often each code was the answer of each tool. */
function tallyOf({ calls }: Mix): string {
  const failed = calls.filter(({ got }) => got !== "answer");
  const groups = Object.groupBy(failed, ({ tool, got }) => `${tool} ${got}`);
  return Object.entries(groups)
    .map(([what, all]) => `${what}: ${all?.length}`)
    .join(", ");
}
