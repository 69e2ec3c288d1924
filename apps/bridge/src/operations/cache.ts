import * as z from "zod";
import { cacheCleared, cacheStatistics, cacheSwitched } from "./answers/policies.ts";
import { NO_EFFECT, serverField, toolField } from "./fields.ts";
import { placeOf } from "./history.ts";
import { defineOperation } from "./operation.ts";

export const cacheStats = defineOperation({
  name: "cache_stats",
  title: "Cache statistics",
  description: "How the cache does: hits, misses, entries, bytes.",
  input: z.object({}),
  output: cacheStatistics,
  hints: NO_EFFECT,
  needs: "caller",
  async run(_input, _context, core) {
    const { enabled, hits, misses, stale, shared, entries, bytes } =
      await core.calls.pipeline.cache.stats();
    const asked = hits + stale + shared + misses;
    const hit_rate = asked === 0 ? 0 : (hits + stale + shared) / asked;
    return { enabled, hits, misses, stale, shared, hit_rate, entries, bytes };
  },
});

/** What changes the bridge for everybody takes a scope that names it. */
const MANAGES = { readOnly: false, destructive: false, idempotent: true, openWorld: false };

export const cacheClear = defineOperation({
  name: "cache_clear",
  title: "Clear the cache",
  description: "Forgets cached answers: of a server, of one tool, or all.",
  input: z.object({ server: serverField.optional(), tool: toolField.optional() }),
  output: cacheCleared,
  hints: MANAGES,
  needs: "scope",
  async run({ server, tool }, { principal }, core) {
    const scope = await placeOf({ server, tool }, core, principal);
    return { cleared: await core.calls.pipeline.cache.clear(scope) };
  },
});

export const cacheToggle = defineOperation({
  name: "cache_toggle",
  title: "Switch the cache",
  description: "Switches the cache of the whole bridge on or off, until it is started again.",
  input: z.object({ enabled: z.boolean().describe("true: on.") }),
  output: cacheSwitched,
  hints: MANAGES,
  needs: "scope",
  async run({ enabled }, _context, core) {
    core.calls.pipeline.cache.setEnabled(enabled);
    return { enabled };
  },
});
