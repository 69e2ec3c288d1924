import { LOG_LEVELS, type LogMessage, type RpcNotification } from "@trestle/protocol";
import type { LinkRequest } from "./json-rpc/link.ts";

export function severity(level: string | undefined): number {
  const at = LOG_LEVELS.indexOf(level ?? "");
  return at === -1 ? 0 : at;
}

/**
 * Hands a log message to the requests that asked for its level. Where nothing tells which request it
 * belongs to, it goes to all of one principal and, should several be waiting, to nobody.
 */
export function deliverLog(
  { params }: RpcNotification,
  scope: LinkRequest | undefined,
  waiting: readonly LinkRequest[],
): void {
  if (typeof params?.level !== "string") return;
  const message = params as unknown as LogMessage;
  const takers = (scope ? [scope] : waiting).filter(({ context }) => context?.onLog);
  const principals = new Set(takers.map(({ context }) => context?.principal.id));
  if (principals.size > 1) return;
  for (const { context } of takers) {
    if (severity(message.level) < severity(context?.logLevel)) continue;
    try {
      context?.onLog?.(message);
    } catch {
      // A caller that cannot take its log messages still gets its answer.
    }
  }
}
