import type { IncomingMessage, ServerResponse } from "node:http";
import type { EntranceAsks } from "@trestle-mcp/server-kit/serving";
import type { Core } from "../core.ts";

/** Beside `/healthz`, which says that the process answers: this says that it serves. */
const PATH = "/readyz";

/** Answers whether calls may be sent here, to whoever asks; true means that it was asked. */
export function answerReady(
  request: IncomingMessage,
  response: ServerResponse,
  { asks, core }: { readonly asks: EntranceAsks; readonly core: Core },
): boolean {
  const [path = "/"] = (request.url ?? "/").split("?", 1);
  if (path !== PATH || (request.method !== "GET" && request.method !== "HEAD")) return false;
  const isForeign = asks.foreign(request) !== undefined;
  const problem = isForeign ? "it was asked under a name that is not its own" : problemOf(core);
  const status = isForeign ? 403 : problem === undefined ? 200 : 503;
  const text = JSON.stringify({ ok: problem === undefined, ...(problem && { problem }) });
  response.writeHead(status, { "content-type": "application/json", "cache-control": "no-store" });
  response.end(text);
  return true;
}

/** A server that is down is no reason to send nobody here: that is `degraded`, and the health says so. */
function problemOf({ running, catalog }: Core): string | undefined {
  if (running.isDraining()) return "it is stopping";
  const servers = catalog.status();
  const isServing = servers.some(({ tools }) => tools > 0);
  return isServing || servers.every(({ settled }) => settled)
    ? undefined
    : "its servers are still starting";
}
