import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { isJsonObject, type JsonObject, type JsonValue } from "@trestle/protocol";
import { onTestFinished } from "vitest";
import { objectsOf } from "../src/cli/data.ts";
import { decodeTraces } from "./_otlp.ts";

export interface Span {
  readonly name: string;
  readonly kind: number;
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
  readonly startTimeUnixNano: string;
  readonly endTimeUnixNano: string;
  readonly status?: JsonObject;
  readonly attributes: Readonly<Record<string, unknown>>;
}

/** Takes in OTLP over HTTP, and refuses what is not well made. */
export interface Collector {
  readonly url: string;
  readonly spans: Span[];
  /** As they were told last, by name. */
  readonly metrics: Map<string, JsonObject>;
  readonly resources: JsonObject[];
  readonly headers: Readonly<Record<string, unknown>>[];
  /** What it answers from now on; 200 at first. */
  answer(status: number): void;
  requests(): number;
}

export async function startCollector(): Promise<Collector> {
  const [spans, resources, headers]: [Span[], JsonObject[], Record<string, unknown>[]] = [
    [],
    [],
    [],
  ];
  const metrics = new Map<string, JsonObject>();
  let [status, requests] = [200, 0];

  function take(path: string, body: JsonObject): void {
    const isTraces = path === "/v1/traces";
    for (const each of objectsOf(body[isTraces ? "resourceSpans" : "resourceMetrics"])) {
      resources.push(attributesOf(objectAt(each.resource).attributes) as JsonObject);
      for (const scope of objectsOf(each[isTraces ? "scopeSpans" : "scopeMetrics"])) {
        for (const span of objectsOf(scope.spans)) spans.push(toSpan(span));
        for (const metric of objectsOf(scope.metrics)) metrics.set(String(metric.name), metric);
      }
    }
  }

  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    requests += 1;
    headers.push(request.headers);
    const body = Buffer.concat(chunks);
    if (status === 200) take(request.url ?? "", decode(request.headers["content-type"], body));
    response.writeHead(status, { "content-type": "application/json" }).end("{}");
  });
  await once(server.listen(0, "127.0.0.1"), "listening");
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    ...{ spans, metrics, resources, headers, requests: () => requests },
    answer(next) {
      status = next;
    },
  };
}

function decode(type: string | undefined, body: Buffer): JsonObject {
  if (type === "application/x-protobuf") return decodeTraces(body);
  if (type === "application/json") return JSON.parse(body.toString("utf8")) as JsonObject;
  throw new Error(`${type} is no type of OTLP`);
}

const objectAt = (value: JsonValue | undefined): JsonObject => (isJsonObject(value) ? value : {});

/** `{ key, value: { stringValue } }` as a plain record. */
export function attributesOf(value: JsonValue | undefined): Record<string, unknown> {
  const pairs = objectsOf(value).map(({ key, value: any }) => {
    const [kind, found] = Object.entries(objectAt(any))[0] ?? [];
    return [String(key), kind === "intValue" ? Number(found) : found];
  });
  return Object.fromEntries(pairs);
}

const HEX: Readonly<Record<string, RegExp>> = {
  traceId: /^[\da-f]{32}$/,
  spanId: /^[\da-f]{16}$/,
  startTimeUnixNano: /^\d{19}$/,
  endTimeUnixNano: /^\d{19}$/,
};

function toSpan(span: JsonObject): Span {
  for (const [key, shape] of Object.entries(HEX)) {
    if (!shape.test(String(span[key]))) throw new Error(`${key} of a span is ${span[key]}`);
  }
  if (BigInt(String(span.endTimeUnixNano)) < BigInt(String(span.startTimeUnixNano))) {
    throw new Error("A span ends before it begins");
  }
  return { ...span, attributes: attributesOf(span.attributes) } as unknown as Span;
}
