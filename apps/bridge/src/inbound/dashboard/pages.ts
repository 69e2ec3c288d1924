import { readFile } from "node:fs/promises";
import type { IncomingMessage, ServerResponse } from "node:http";
import { join } from "node:path";

export interface Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly path: string;
}

/** What the build leaves to be filled in. */
const NONCE = "TRESTLE_NONCE";
const BASE = '<base href="/"';

/** The one page, which finds by its address what to show. */
export async function answerPage(
  { request, response, path }: Exchange,
  folder: string,
  nonce: string,
): Promise<void> {
  const page = (await readFile(join(folder, "index.html"), "utf8"))
    .replaceAll(NONCE, nonce)
    .replace(BASE, `<base href="${baseFor(path)}"`);
  send({ request, response, path }, { status: 200, page, policy: policyOf(nonce) });
}

export interface Waiting {
  readonly state: "building" | "failed";
  readonly problem?: string;
}

/** Says that the pages are being built, and looks again by itself; or why they could not be. */
export function answerWaiting(
  exchange: Exchange,
  { state, problem }: Waiting,
  nonce: string,
): void {
  const isFailed = state === "failed";
  const words = isFailed
    ? `<h1>The dashboard could not be built.</h1><p>The bridge itself serves. Its log says more; the next change of the sources is tried anew.</p><pre>${escaped(problem ?? "")}</pre>`
    : "<h1>The dashboard is being built.</h1><p>That happens once after its sources changed. This page shows it as soon as it is there.</p>";
  const again = isFailed ? "" : '<meta http-equiv="refresh" content="1">';
  const page = `<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
${again}<title>Trestle</title><style nonce="${nonce}">${STYLE}</style></head><body><main>${MARK}${words}</main></body></html>`;
  send(exchange, { status: isFailed ? 500 : 503, page, policy: policyOf(nonce) });
}

/** A file that is of another build. */
export function answerMissing({ response }: Exchange): void {
  response.writeHead(404, {
    "content-type": "text/plain; charset=utf-8",
    "cache-control": "no-store",
    "x-content-type-options": "nosniff",
  });
  response.end("There is no such file.");
}

/**
 * The way up from a page to where the pages begin: `/tools/a` is one below. So the address in front, with whatever
 * prefix a proxy has, need not be known.
 */
function baseFor(path: string): string {
  const depth = path.split("/").length - 2;
  return depth <= 0 ? "./" : "../".repeat(depth);
}

/** Nothing from elsewhere, and nothing that is written into the page but by us. */
function policyOf(nonce: string): string {
  return [
    "default-src 'none'",
    `script-src 'self' 'nonce-${nonce}'`,
    `style-src 'self' 'nonce-${nonce}'`,
    "img-src 'self' data: blob:",
    "font-src 'self'",
    "connect-src 'self'",
    "worker-src 'self'",
    "base-uri 'self'",
    "form-action 'self'",
    "frame-ancestors 'none'",
  ].join("; ");
}

interface Answered {
  readonly status: number;
  readonly page: string;
  readonly policy: string;
}

function send({ request, response }: Exchange, { status, page, policy }: Answered): void {
  const bytes = Buffer.from(page);
  response.writeHead(status, {
    "content-type": "text/html; charset=utf-8",
    "content-length": bytes.length,
    "content-security-policy": policy,
    // Each carries a nonce of its own, and names files of this build.
    "cache-control": "no-store",
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=()",
    ...(status === 503 ? { "retry-after": "1" } : {}),
  });
  response.end(request.method === "HEAD" ? undefined : bytes);
}

function escaped(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}

/** As the pages themselves show it, in their colours. */
const MARK =
  '<svg viewBox="0 0 32 32" width="40" height="40" aria-hidden="true"><rect width="32" height="32" rx="7"/><path d="M5 10.5h22M9 10.5 6 24M9 10.5 16 24M23 10.5 16 24M23 10.5 26 24M7.5 17.5h17"/></svg>';

const STYLE = `:root{color-scheme:light dark;background:light-dark(#f5f3ee,#10131a);color:light-dark(#1c2024,#eceae5)}
body{font:14px/1.5 system-ui,sans-serif;display:grid;place-items:center;min-height:100dvh;margin:0;padding:1rem;box-sizing:border-box}
main{box-sizing:border-box;width:min(28rem,100%);padding:2rem;border:1px solid light-dark(#e2dfd6,#2a3038);border-radius:.75rem;background:light-dark(#fffefb,#171b20)}
rect{fill:light-dark(#b8410f,#ff8d5c)}path{fill:none;stroke:light-dark(#fff,#1c0f08);stroke-width:2;stroke-linecap:round;stroke-linejoin:round}
h1{font-size:1.25rem;line-height:1.2;letter-spacing:-.02em;margin:1rem 0 .5rem}p{margin:0;color:light-dark(#50565d,#b0b5bb)}
pre{overflow:auto;margin:1rem 0 0;padding:.75rem;border-radius:.5rem;background:light-dark(#eceae3,#0b0d10);font-size:.8rem}`;
