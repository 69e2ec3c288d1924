import { randomBytes } from "node:crypto";
import type { Logger } from "@trestle/protocol";
import type { EntranceAsks } from "@trestle-mcp/server-kit/serving";
import type { Rest } from "../rest/rest.ts";
import { type Built, openBuild } from "./build.ts";
import { answerFile } from "./files.ts";
import { pagePath } from "./page-path.ts";
import { answerMissing, answerPage, answerWaiting } from "./pages.ts";

/**
 * The pages of the dashboard: static files, which everybody may load. What they show, they ask of the REST API, in the
 * name of whoever is logged in.
 */
export function createDashboard(log: Logger): Rest {
  const build = openBuild(log);
  return async (request, response, asks) => {
    const path = pagePath(request);
    if (path === undefined) return false;
    if (refuseForeign(request, response, asks)) return true;
    const built = await build.current();
    const exchange = { request, response, path };
    if (built.state !== "ready") answerBuilding(exchange, built);
    else if (isFile(path)) await answerFile(exchange, built.folder);
    else await answerPage(exchange, built.folder, newNonce());
    return true;
  };
}

type Exchange = Parameters<typeof answerWaiting>[0];

function answerBuilding(exchange: Exchange, built: Exclude<Built, { state: "ready" }>): void {
  if (isFile(exchange.path)) answerMissing(exchange);
  else answerWaiting(exchange, built, newNonce());
}

/** A name that is not the bridge's own may be a trick of another page. */
function refuseForeign(
  request: Parameters<Rest>[0],
  response: Parameters<Rest>[1],
  asks: EntranceAsks,
): boolean {
  const foreign = asks.foreign(request);
  if (foreign === undefined) return false;
  response.writeHead(403, { "content-type": "text/plain; charset=utf-8" }).end(foreign);
  return true;
}

/** All else is a page: names of tools have dots, so that only the folder and what lies at the top count. */
function isFile(path: string): boolean {
  return path.startsWith("/assets/") || /^\/[\w-]+\.(?:svg|png|ico|txt|webmanifest)$/.test(path);
}

function newNonce(): string {
  return randomBytes(16).toString("base64url");
}
