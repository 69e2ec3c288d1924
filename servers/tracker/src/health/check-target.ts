import { type Clock, isTrestleError } from "@trestle/protocol";
import type { UpstreamParts } from "@trestle/upstream";
import type { HealthTarget } from "./config.ts";
import { probeAgent } from "./probes/agent.ts";
import { probeDisk } from "./probes/disk.ts";
import { probeHttp } from "./probes/http.ts";
import { probeLogSilence } from "./probes/log-silence.ts";
import { probeMcp } from "./probes/mcp.ts";
import { probePostgres } from "./probes/postgres.ts";
import { type CheckResult, down, type Finding, type ProbeContext } from "./probes/probe.ts";
import { probeProcess } from "./probes/process.ts";
import { probeRedis } from "./probes/redis.ts";
import { probeTcp } from "./probes/tcp.ts";

export interface CheckParts {
  readonly clock: Clock;
  /** For probes of MCP servers. */
  readonly upstream: UpstreamParts;
  /** When an agent was last heard of, in milliseconds since 1970; undefined for one that nobody knows. */
  readonly agentSeenAt: (agent: string) => Promise<number | undefined>;
}

/** User and password of an address, in whatever a driver says of it. */
const CREDENTIALS = /\/\/[^\s/@]*@/g;
const LONGEST_DETAIL = 300;

/**
 * Checks a target once. Never rejects, and never takes longer than its `timeoutMs` and a moment: what hangs or fails
 * is down, and the detail says why.
 */
export async function checkTarget(
  target: HealthTarget,
  parts: CheckParts,
  outer?: AbortSignal,
): Promise<CheckResult> {
  const { timeoutMs, slowMs } = target;
  const at = parts.clock.now();
  const started = performance.now();
  const limit = AbortSignal.timeout(timeoutMs);
  const signal = outer === undefined ? limit : AbortSignal.any([limit, outer]);
  let finding: Finding;
  try {
    finding = await unlessAborted(probe(target, { signal, timeoutMs }, parts), signal);
  } catch (error) {
    finding = down(limit.aborted ? `It did not answer within ${timeoutMs} ms.` : reasonOf(error));
  }
  const latencyMs = Math.round(performance.now() - started);
  const isSlow = slowMs !== undefined && latencyMs > slowMs && finding.level === "up";
  return {
    ...finding,
    ...(isSlow ? { level: "degraded", detail: `It took ${latencyMs} ms.` } : {}),
    at,
    latencyMs,
  };
}

function probe(target: HealthTarget, context: ProbeContext, parts: CheckParts): Promise<Finding> {
  switch (target.kind) {
    case "http":
      return probeHttp(target, context);
    case "tcp":
      return probeTcp(target, context);
    case "redis":
      return probeRedis(target, context);
    case "postgres":
      return probePostgres(target, context);
    case "mcp":
      return probeMcp(target, context, parts.upstream);
    case "process":
      return probeProcess(target, context);
    case "disk":
      return probeDisk(target);
    case "log-silence":
      return probeLogSilence(target, parts.clock.now());
    case "agent":
      return probeAgent(target, parts);
  }
}

/** A driver that does not listen to the signal goes on alone. */
function unlessAborted(work: Promise<Finding>, signal: AbortSignal): Promise<Finding> {
  return new Promise((resolve, reject) => {
    const stop = () => reject(signal.reason);
    signal.addEventListener("abort", stop, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener("abort", stop));
  });
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error) && !isTrestleError(error)) return "The check failed.";
  // What fetch says is that it failed; why is in the cause, and of several addresses in each.
  const cause = error.cause instanceof Error ? error.cause : error;
  const first = cause instanceof AggregateError ? (cause.errors[0] as Error) : cause;
  return first.message.replace(CREDENTIALS, "//").slice(0, LONGEST_DETAIL);
}
