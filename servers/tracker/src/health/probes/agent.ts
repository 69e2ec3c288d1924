import type { CheckParts } from "../check-target.ts";
import type { TargetOf } from "../config.ts";
import { down, type Finding, up } from "./probe.ts";

/** An agent that lives is heard of every half minute. */
export async function probeAgent(
  { agent, mostSilentMs }: TargetOf<"agent">,
  { agentSeenAt, clock }: Pick<CheckParts, "agentSeenAt" | "clock">,
): Promise<Finding> {
  const seenAt = await agentSeenAt(agent);
  if (seenAt === undefined) return down(`The agent ${agent} was never heard of.`);
  const silentMs = Math.max(0, clock.now() - seenAt);
  const detail = `Last heard of ${Math.round(silentMs / 1_000)} s ago.`;
  return silentMs > mostSilentMs
    ? { ...down(detail), facts: { silentMs } }
    : up(detail, { silentMs });
}
