import type { JsonValue } from "@trestle/protocol";
import type { ToolSettings } from "../../config/policy.ts";
import type { ServerConfig } from "../../config/servers.ts";
import type { LearnedCall } from "../../state/learned/learned.ts";
import { adviseConcurrency } from "./concurrency.ts";
import { type Patch, patchForTool } from "./patch.ts";
import { adviseRetries } from "./retries.ts";
import { adviseTimeout } from "./timeouts.ts";
import { adviseTtl, type Finding } from "./ttl.ts";

export type TuningKind = "ttl" | "retries" | "timeout" | "concurrency";

/** One figure of the configuration that should be another, and why. */
export interface Tuning {
  readonly kind: TuningKind;
  /** The server's id. */
  readonly server: string;
  /** Absent where it is about the whole server. */
  readonly tool?: string;
  /** What the figure is now; nothing where answers are not kept. */
  readonly from: number | undefined;
  readonly to: number;
  readonly evidence: string;
  readonly figures: Readonly<Record<string, number>>;
  readonly patch: Patch;
}

export interface ServerFacts {
  readonly server: ServerConfig;
  /** What holds for a tool now; undefined for one that is gone. */
  settingsOf(tool: string): ToolSettings | undefined;
  /** May answers be kept at all, as the operator sees it? */
  mayCache(tool: string): boolean;
}

/** All that the calls of one server say of how it is configured. */
export function adviseServer(calls: readonly LearnedCall[], facts: ServerFacts): Tuning[] {
  const writes = calls.filter(({ readOnly }) => !readOnly).map(({ startedAt }) => startedAt);
  writes.sort((a, b) => a - b);
  const byTool = Map.groupBy(calls, ({ tool }) => tool);
  const ofTools = [...byTool].flatMap(([tool, own]) => adviseTool(own, { ...facts, tool, writes }));
  return [...ofTools, ...adviseWhole(calls, facts)];
}

interface OneTool extends ServerFacts {
  readonly tool: string;
  readonly writes: readonly number[];
}

function adviseTool(
  calls: readonly LearnedCall[],
  { server, settingsOf, mayCache, tool, writes }: OneTool,
): Tuning[] {
  const settings = settingsOf(tool);
  if (settings === undefined) return [];
  const { retry, timeout, cache } = settings;
  const reads = calls.every(({ readOnly }) => readOnly) && mayCache(tool);
  const ttl = reads ? adviseTtl(calls, { ttlMs: cache?.ttlMs, writes }) : undefined;
  const about = (
    kind: TuningKind,
    from: number | undefined,
    finding: Finding | undefined,
    [part, field]: readonly ["cache" | "retry" | "timeout", string],
  ): Tuning[] => {
    if (finding === undefined) return [];
    const patch = patchForTool(server, tool, { part, field, to: finding.to });
    return [{ kind, server: server.id, tool, from, ...finding, patch }];
  };
  return [
    ...about("ttl", cache?.ttlMs, ttl, ["cache", "ttlMs"]),
    ...about("retries", retry.retries, adviseRetries(calls, retry), ["retry", "retries"]),
    ...about("timeout", timeout.attemptMs, adviseTimeout(calls, timeout), ["timeout", "attemptMs"]),
  ];
}

function adviseWhole(calls: readonly LearnedCall[], { server, settingsOf }: ServerFacts): Tuning[] {
  const [bulkhead] = calls.flatMap(({ tool }) => settingsOf(tool)?.bulkhead ?? []);
  if (bulkhead === undefined) return [];
  const finding = adviseConcurrency(calls, bulkhead);
  if (finding === undefined) return [];
  const patch = { section: [], name: "concurrency", value: finding.to as JsonValue };
  const from = bulkhead.concurrency;
  return [{ kind: "concurrency", server: server.id, from, ...finding, patch }];
}
