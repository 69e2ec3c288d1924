import type { IncomingMessage } from "node:http";

/** Paths that are somebody else's, whatever lies behind them: they are answered, or refused, in their own words. */
const TAKEN = /^\/(?:mcp|api|healthz|readyz|oauth|\.well-known)(?:\/|$)/;

/** The path of a request for a page of the dashboard, or for what a page loads; undefined for all others. */
export function pagePath({ method, url = "/" }: IncomingMessage): string | undefined {
  if (method !== "GET" && method !== "HEAD") return undefined;
  const [path = "/"] = url.split("?", 1);
  return TAKEN.test(path) ? undefined : path;
}
