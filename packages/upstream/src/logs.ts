import { LOG_LEVELS, type LogMessage, type RpcNotification } from "@trestle/protocol";
import type { LinkRequest } from "./json-rpc/link.ts";
import { ASKING } from "./legacy/ask-client.ts";

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
  // Also those who asked for no log: it may be of their call.
  const working = scope ? [scope] : waiting.filter(({ method }) => ASKING.has(method));
  const principals = new Set(working.map(({ context }) => context?.principal.id));
  if (principals.size > 1) return;
  const takers = working.filter(({ context }) => context?.onLog);
  for (const { context } of takers) {
    if (severity(message.level) < severity(context?.logLevel)) continue;
    try {
      context?.onLog?.(message);
    } catch {
      // A caller that cannot take its log messages still gets its answer.
    }
  }
}
