import type { ServerResponse } from "node:http";
import type { JsonObject } from "@trestle/protocol";
import type { Failure } from "./failure.ts";
import type { Answer } from "./route.ts";
import { STATUS } from "./status.ts";

export interface EnvelopeFacts {
  /** Epoch milliseconds. */
  readonly now: number;
  readonly durationMs: number;
}

/** `{ success, data, metadata, timestamp }`; with `error` as well where what was done has failed. */
export function toEnvelope({ data, metadata, error }: Answer, facts: EnvelopeFacts): JsonObject {
  return {
    success: error === undefined,
    data,
    ...(error === undefined ? {} : { error: { ...error } }),
    metadata: { duration_ms: facts.durationMs, ...metadata },
    timestamp: new Date(facts.now).toISOString(),
  };
}

/** Whoever asks for `why` needs the id of the call that failed. */
export function sendFailure(response: ServerResponse, failure: Failure, now: number): void {
  const { code, message, details = {}, headers = {}, executionId } = failure;
  const body = {
    success: false,
    error: { code, message, details },
    ...(executionId === undefined ? {} : { metadata: { execution_id: executionId } }),
    timestamp: new Date(now).toISOString(),
  };
  send(response, { status: STATUS[code], headers, body });
}

export function send(
  response: ServerResponse,
  reply: {
    readonly status: number;
    readonly headers?: Readonly<Record<string, string>>;
    readonly body: JsonObject;
  },
): void {
  if (response.destroyed || response.headersSent) return;
  const text = Buffer.from(JSON.stringify(reply.body));
  response.writeHead(reply.status, {
    "content-type": "application/json; charset=utf-8",
    "content-length": text.length,
    "cache-control": "no-store",
    ...reply.headers,
  });
  response.end(text);
}
