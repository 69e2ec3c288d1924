import type { IncomingMessage } from "node:http";
import { type Clock, messageOf, nodeHttp, nodeHttps, TrestleError } from "@trestle/protocol";
import type { Destination } from "./destination.ts";

export interface Outgoing {
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

export interface Answer {
  readonly status: number;
  /** How long the receiver asks us to wait. */
  readonly retryAfterMs?: number;
}

export interface SendOptions {
  readonly timeoutMs: number;
  readonly clock: Clock;
  readonly signal: AbortSignal;
}

/** More of an answer than this is not waited for. */
const MAX_ANSWER_BYTES = 64 * 1024;

/**
 * Posts to the very address that was checked, with the name in TLS and in `Host`. Redirects are
 * answers like any other: they are not followed. Throws `unavailable` or `timeout`.
 */
export function post(
  destination: Destination,
  { headers, body }: Outgoing,
  { timeoutMs, clock, signal }: SendOptions,
): Promise<Answer> {
  const { url, address, family } = destination;
  const result = Promise.withResolvers<Answer>();
  const request = (url.protocol === "https:" ? nodeHttps() : nodeHttp).request(url, {
    method: "POST",
    agent: false, // a kept connection may belong to another address
    lookup: (_hostname, options, callback) => {
      if (options.all) callback(null, [{ address, family }]);
      else callback(null, address, family);
    },
    headers: { ...headers, "content-length": Buffer.byteLength(body) },
    signal,
  });
  const fail = (error: TrestleError) => {
    result.reject(error);
    request.destroy();
  };
  const cancel = clock.after(timeoutMs, () =>
    fail(new TrestleError("timeout", `${url.host} did not answer within ${timeoutMs} ms.`)),
  );
  request.on("error", (error) =>
    fail(new TrestleError("unavailable", `${url.host}: ${messageOf(error)}.`, { cause: error })),
  );
  request.on("response", (response) => {
    response.on("error", () => {}); // the status is known
    void drain(response).then(() => {
      result.resolve(toAnswer(response, clock.now()));
      request.destroy();
    });
  });
  request.end(body);
  return result.promise.finally(cancel);
}

/** Ends with the answer, or where it is too long to wait for. */
function drain(response: IncomingMessage): Promise<void> {
  return new Promise((resolve) => {
    let size = 0;
    response.on("data", (chunk: Buffer) => {
      size += chunk.length;
      if (size > MAX_ANSWER_BYTES) resolve();
    });
    response.once("close", () => resolve());
  });
}

function toAnswer({ statusCode = 0, headers }: IncomingMessage, now: number): Answer {
  const text = headers["retry-after"];
  if (text === undefined) return { status: statusCode };
  const ms = /^\d+$/.test(text) ? Number(text) * 1_000 : Date.parse(text) - now;
  return ms > 0 ? { status: statusCode, retryAfterMs: ms } : { status: statusCode };
}
