// Those who watch a bridge, in a process of their own: a collector of OpenTelemetry that only counts, a scraper of
// Prometheus, a reader of the feed. It prints the address of the collector; the bridge to watch is put there.
import { createServer, type IncomingMessage } from "node:http";
import process from "node:process";
import { readFeed } from "./feed-reader.ts";

/** What it was told so far. */
export interface Watched {
  readonly spans: number;
  readonly exports: number;
  readonly scrapes: number;
  readonly events: number;
}

/** Whom it watches, and what it shows. */
export interface Watch {
  /** Of the MCP endpoint. */
  readonly url: string;
  readonly key: string;
  /** Is every call read from the feed, too? */
  readonly feed: boolean;
}

const SCRAPE_EVERY_MS = 5_000;
const counts = { spans: 0, exports: 0, scrapes: 0, events: 0 };

const server = createServer((request, response) => {
  readAll(request)
    .then((body) => {
      if (request.url === "/watch") return watch(JSON.parse(body.toString()) as Watch);
      if (request.url === "/v1/traces") counts.spans += spansIn(body);
      if (request.url?.startsWith("/v1/")) counts.exports += 1;
      return undefined;
    })
    .then(
      () => response.end(JSON.stringify(counts)),
      (error: unknown) => response.writeHead(500).end(String(error)),
    );
});

async function readAll(request: IncomingMessage): Promise<Buffer> {
  const parts: Buffer[] = [];
  for await (const part of request) parts.push(part as Buffer);
  return Buffer.concat(parts);
}

/** Counted, not parsed: a collector is another machine's affair. */
function spansIn(body: Buffer): number {
  let count = 0;
  for (const resourceSpans of messagesIn(body, RESOURCE_SPANS)) {
    for (const scopeSpans of messagesIn(resourceSpans, SCOPE_SPANS)) {
      for (const _span of messagesIn(scopeSpans, SPANS)) count += 1;
    }
  }
  return count;
}

/** Tags of messages in protocol buffers, as OTLP numbers them. */
const [RESOURCE_SPANS, SCOPE_SPANS, SPANS] = [0x0a, 0x12, 0x12];

/** The messages under one tag, in a message that has no fields but messages. */
function* messagesIn(bytes: Buffer, wanted: number): Generator<Buffer> {
  let at = 0;
  while (at < bytes.length) {
    const tag = bytes[at];
    let length = 0;
    for (let shift = 0; ; shift += 7) {
      at += 1;
      const byte = bytes[at] ?? 0;
      length |= (byte & 0x7f) << shift;
      if (byte < 0x80) break;
    }
    at += 1;
    if (tag === wanted) yield bytes.subarray(at, at + length);
    at += length;
  }
}

/** Resolves when it is told of calls. */
async function watch({ url, key, feed }: Watch): Promise<void> {
  const headers = { authorization: `Bearer ${key}` };
  const api = url.replace(/\/mcp$/, "/api/mcp");
  const scrape = async (): Promise<void> => {
    const response = await fetch(`${api}/prometheus`, { headers });
    await response.arrayBuffer();
    if (!response.ok) throw new Error(`The scrape was answered ${response.status}.`);
    counts.scrapes += 1;
  };
  await scrape();
  setInterval(() => void scrape().catch(() => {}), SCRAPE_EVERY_MS);
  if (!feed) return;
  await readFeed(`${api}/events`, headers, () => {
    counts.events += 1;
  });
}

server.listen(0, "127.0.0.1", () => {
  process.stdout.write(`http://127.0.0.1:${(server.address() as { port: number }).port}/mcp\n`);
});
