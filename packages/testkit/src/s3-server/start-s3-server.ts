import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { type Clock, systemClock } from "@trestle/protocol";
import { answerError, answerRequest } from "./answer.ts";
import { createFaults, createWriteLimit, type Fault, type FaultRule } from "./faults.ts";
import { type BilledClass, OPERATIONS, type Operation, operationOf } from "./operations.ts";
import { readRequest, type S3Answer, type S3Request } from "./request.ts";
import { S3Error } from "./s3-error.ts";
import type { S3Credentials } from "./signature.ts";
import { createWorld, type Dialect, type World } from "./world.ts";

export interface S3ServerOptions {
  /** The buckets there are at the start; `knowledge` where left out. */
  readonly buckets?: readonly string[];
  /** Whose rules hold where R2 and Amazon's own differ; R2's where left out. */
  readonly dialect?: Dialect;
  /** What it takes the time from, for ages, skew, slowness and the limit of writes. */
  readonly clock?: Clock;
  /** More writes of one key in a second are answered with 429; R2 allows 1. No limit where left out. */
  readonly writesPerSecondAndKey?: number;
  /** For faults with a rate: at least 0, below 1. */
  readonly random?: () => number;
}

export interface S3Server {
  readonly endpoint: string;
  readonly credentials: S3Credentials;
  /** What was asked and how it was answered, oldest first; status 0 where the socket was cut. */
  readonly requests: S3LogLine[];
  inject(rule: FaultRule): () => void;
  /** Takes out every rule. */
  heal(): void;
  /** Requests since the start, as R2 bills them: 401, 403 and 429 cost nothing, 412 does. */
  billed(): Record<BilledClass, number>;
  /** Keys of a bucket, in order. */
  keys(bucket?: string): string[];
  /** Multipart uploads that were begun and neither completed nor aborted. */
  openUploads(bucket?: string): number;
  close(): Promise<void>;
}

export interface S3LogLine {
  readonly operation: Operation | undefined;
  readonly key: string;
  readonly status: number;
}

interface Parts {
  readonly world: World;
  readonly credentials: S3Credentials;
  readonly clock: Clock;
  readonly faults: ReturnType<typeof createFaults>;
  readonly limit: ReturnType<typeof createWriteLimit>;
  readonly requests: S3LogLine[];
}

const FREE = new Set([401, 403, 429]);

/** Serves S3 on 127.0.0.1, from memory, to whoever signs right. */
export async function startS3Server(options: S3ServerOptions = {}): Promise<S3Server> {
  const clock = options.clock ?? systemClock;
  const newId = () => randomBytes(12).toString("base64url");
  const dialect = options.dialect ?? "r2";
  const [first = "knowledge", ...others] = options.buckets ?? [];
  const faults = createFaults(options.random ?? Math.random);
  const errorOf = (key: string) => {
    const fault = faults.take("DeleteObjects", key, true);
    return fault?.kind === "status" ? injected(fault) : undefined;
  };
  const parts: Parts = {
    world: createWorld({ dialect, now: clock.now, newId, errorOf }, [first, ...others]),
    credentials: { accessKeyId: newId(), secretAccessKey: newId() + newId() },
    clock,
    faults,
    limit: createWriteLimit(options.writesPerSecondAndKey, clock.now),
    requests: [],
  };
  const server = createServer((incoming, response) => {
    // Whoever cuts the socket in the middle of a request gets no answer.
    serve(parts, incoming, response).catch(() => response.destroy());
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const bucketOf = (name = first) => parts.world.buckets.get(name);
  return {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    credentials: parts.credentials,
    requests: parts.requests,
    inject: parts.faults.inject,
    heal: parts.faults.clear,
    billed: () => count(parts.requests),
    keys: (name) => [...(bucketOf(name)?.walk("", "") ?? [])].map(({ key }) => key),
    openUploads: (name) => bucketOf(name)?.uploads.size ?? 0,
    close: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}

async function serve(
  parts: Parts,
  incoming: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const request = await readRequest(incoming);
  const operation = operationOf(request);
  const fault = operation && parts.faults.take(operation, request.key);
  const log = (status: number) => parts.requests.push({ operation, key: request.key, status });
  const work = () => perform(parts, request, operation, fault);
  if (fault?.kind === "hang") return;
  if (fault?.kind === "lose_request" || fault?.kind === "late") {
    log(0);
    incoming.socket.destroy();
    if (fault.kind === "late") parts.clock.after(fault.ms, work);
    return;
  }
  if (fault?.kind === "slow") {
    await new Promise<void>((resolve) => parts.clock.after(fault.ms, resolve));
  }
  const answer = work();
  if (fault?.kind === "lose_response") {
    log(0);
    incoming.socket.destroy();
    return;
  }
  log(answer.status);
  send(parts, response, answer, fault?.kind === "cut_body");
}

function perform(
  { world, credentials, limit }: Parts,
  request: S3Request,
  operation: Operation | undefined,
  fault: Fault | undefined,
): S3Answer {
  try {
    if (fault?.kind === "status") throw injected(fault);
    const path = `${request.bucket}/${request.key}`;
    if (operation && limit.isTooEarly(operation, path)) {
      throw new S3Error(429, "TooManyRequests", "Reduce your rate of writes of the same object.");
    }
    const answer = answerRequest(world, credentials, request, operation);
    if (operation) limit.wrote(operation, path);
    return answer;
  } catch (error) {
    return answerError(error, request);
  }
}

function injected({ status, code, retryAfter }: Extract<Fault, { kind: "status" }>): S3Error {
  const headers = retryAfter === undefined ? {} : { "retry-after": String(retryAfter) };
  return new S3Error(status, code ?? "InternalError", "Injected by the test.", headers);
}

function send(parts: Parts, response: ServerResponse, answer: S3Answer, isCut: boolean): void {
  const { status, headers = {}, body = "" } = answer;
  response.sendDate = false;
  const date = new Date(parts.clock.now()).toUTCString();
  const length = { "content-length": String(Buffer.byteLength(body)) };
  response.writeHead(status, { ...(status === 204 ? {} : length), date, ...headers });
  if (!isCut) {
    response.end(body);
    return;
  }
  const half = Buffer.from(body).subarray(0, Buffer.byteLength(body) >> 1);
  response.write(half, () => response.destroy());
}

function count(requests: readonly S3LogLine[]): Record<BilledClass, number> {
  const counts = { A: 0, B: 0, free: 0 };
  for (const { operation, status } of requests) {
    const billed = operation === undefined || FREE.has(status) ? "free" : OPERATIONS[operation];
    counts[billed] += 1;
  }
  return counts;
}
