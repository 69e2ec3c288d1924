import { tokensOf } from "../../catalog/tokens.ts";
import { mostTelling } from "../../config/patterns.ts";
import type { PolicySettings } from "../../config/policy.ts";
import type { ServerConfig } from "../../config/servers.ts";
import type { Core } from "../../core.ts";
import { adviseServer, type Tuning } from "./advise.ts";
import { adviseUnused, type ListedTool, UNUSED_MS, type UnusedTools } from "./unused.ts";

type Read = Pick<Core, "catalog" | "clock" | "figures" | "learned" | "live" | "metrics">;

/** What the history says of how servers are configured, by what holds of them now. */
export async function readTuning(core: Read, settings: PolicySettings): Promise<Tuning[]> {
  const calls = await core.learned.calls();
  const byServer = Map.groupBy(calls, ({ server }) => server);
  const found: Tuning[] = [];
  for (const server of core.live.current().servers) {
    const own = byServer.get(server.id) ?? [];
    const settingsOf = (name: string) => {
      const tool = core.catalog.upstreamTool(server.id, name);
      return tool && settings.of(tool);
    };
    const mayCache = (tool: string): boolean => mayBeKept(server, tool, settings);
    found.push(...adviseServer(own, { server, settingsOf, mayCache }));
    // Thousands of calls take a while: others have their turn between servers.
    await new Promise(setImmediate);
  }
  return found;
}

/** Has the operator said that answers are not to be kept? */
function mayBeKept({ entry }: ServerConfig, tool: string, { policy }: PolicySettings): boolean {
  if (policy.cache.enabled === false || entry.policy?.cache === false) return false;
  return mostTelling(entry.policy?.tools ?? {}, tool)?.cache !== false;
}

export interface UsageAdvice {
  readonly unused: readonly UnusedTools[];
  /** Why nothing is said, where nothing can be. */
  readonly reason?: string;
}

/** Tools that clients are shown and nobody called for 30 days. */
export async function readUnused(core: Read): Promise<UsageAdvice> {
  const { catalog, clock, figures, live } = core;
  if (live.current().catalog.mode === "search") {
    return {
      unused: [],
      reason: "In search mode no tool costs a session anything before it is found.",
    };
  }
  const since = clock.now() - UNUSED_MS;
  const [first] = await core.metrics.query({ bucket: "day", groupBy: "none" });
  if (first?.start === undefined || first.start > since) {
    return { unused: [], reason: "Calls are counted for less than 30 days." };
  }
  const { rows } = await figures.query({ from: since, groupBy: "tool" });
  const usedBy = Map.groupBy(rows, ({ server = "" }) => server);
  const listed = listedTools(catalog);
  const unused = live.current().servers.flatMap((server) => {
    const used = new Set((usedBy.get(server.id) ?? []).map(({ tool = "" }) => tool));
    // Of more combinations than are counted nobody knows which they were.
    if (used.has("(other)")) return [];
    return adviseUnused({ server, listed: listed.get(server.id) ?? [], used }) ?? [];
  });
  return { unused: unused.sort((a, b) => b.tokens - a.tokens) };
}

/** By server. What hosts show a model of a definition is what it costs. */
function listedTools(catalog: Pick<Core["catalog"], "allTools">): Map<string, ListedTool[]> {
  const found = new Map<string, ListedTool[]>();
  for (const { server, name, definition, isListed } of catalog.allTools().values()) {
    if (isListed === false) continue;
    const { name: exposed, title, description, inputSchema } = definition;
    const tokens = tokensOf({ name: exposed, title, description, inputSchema });
    const list = found.get(server) ?? [];
    found.set(server, list);
    list.push({ name, tokens });
  }
  return found;
}
