import type { S3Client } from "@aws-sdk/client-s3";
import type { Clock } from "@trestle/protocol";
import { type Failure, readFailure } from "./failures.ts";
import { createGate } from "./gate.ts";
import { BILLED, type S3Operation } from "./operations.ts";
import { parseEndpoint, type S3Options, type SentRequest } from "./settings.ts";

export type Sdk = typeof import("@aws-sdk/client-s3");

/** What one request is sent with. */
export interface Line {
  readonly sdk: Sdk;
  readonly client: S3Client;
  readonly bucket: string;
  /** Goes with every command. */
  readonly options: { abortSignal?: AbortSignal };
}

export type Sent<Value> =
  | { readonly ok: true; readonly value: Value }
  | { readonly ok: false; readonly failure: Failure };

export interface Connection {
  /** Sends one request once. It rejects only with the signal's reason. */
  send<Value>(
    operation: S3Operation,
    request: (line: Line) => Promise<Value>,
    signal: AbortSignal | undefined,
  ): Promise<Sent<Value>>;
  /** How far the store's clock is before ours, in ms; undefined before the first answer. */
  ahead(): number | undefined;
  /** Did the bucket ever do what was asked? Then it is there. */
  isProven(): boolean;
  close(): void;
}

/** More at once only wait for each other, and for sockets. */
const MOST_AT_ONCE = 48;
const CONNECT_MS = 10_000;
const FREE = new Set([401, 403, 429]);

/** The SDK is loaded, and the client made, with the first request. */
export function createConnection(options: S3Options, clock: Clock): Connection {
  const gate = createGate(MOST_AT_ONCE);
  let opening: Promise<{ sdk: Sdk; client: S3Client }> | undefined;
  let isClosed = false;
  let isProven = false;
  let ahead: number | undefined;
  const hear = (status: number, date: string | undefined) => {
    const time = Date.parse(date ?? "");
    if (status > 0 && !Number.isNaN(time)) ahead = time - clock.now();
  };
  const report = (operation: S3Operation, status: number | undefined) => {
    options.onRequest?.({ operation, class: classOf(operation, status), status });
  };
  return {
    async send(operation, request, signal) {
      signal?.throwIfAborted();
      if (isClosed) throw new Error("The store is closed.");
      opening ??= open(options, hear);
      const { sdk, client } = await opening;
      const leave = await gate.enter(signal);
      const { bucket } = options;
      const line = { sdk, client, bucket, options: signal ? { abortSignal: signal } : {} };
      try {
        const value = await request(line);
        isProven = true;
        report(operation, 200);
        return { ok: true, value };
      } catch (error) {
        const failure = readFailure(error);
        report(operation, failure.status);
        signal?.throwIfAborted();
        return { ok: false, failure };
      } finally {
        leave();
      }
    },
    ahead: () => ahead,
    isProven: () => isProven,
    close() {
      isClosed = true;
      void opening?.then(({ client }) => client.destroy());
    },
  };
}

async function open(
  { endpoint, region, credentials, silenceMs = 30_000 }: S3Options,
  hear: (status: number, date: string | undefined) => void,
): Promise<{ sdk: Sdk; client: S3Client }> {
  const sdk = await import("@aws-sdk/client-s3");
  const client = new sdk.S3Client({
    endpoint: parseEndpoint(endpoint),
    region: region ?? "auto",
    credentials: { ...credentials },
    forcePathStyle: true,
    // What may be sent again, and what must be read back first, is decided here.
    maxAttempts: 1,
    requestChecksumCalculation: "WHEN_REQUIRED",
    responseChecksumValidation: "WHEN_REQUIRED",
    expectContinueHeader: false,
    // It would give advice on the console.
    logger: { debug() {}, info() {}, warn() {}, error() {} },
    requestHandler: {
      connectionTimeout: CONNECT_MS,
      socketTimeout: silenceMs,
      httpAgent: { maxSockets: 512 },
      httpsAgent: { maxSockets: 512 },
    },
  });
  client.middlewareStack.add(
    (next) => async (args) => {
      const result = await next(args);
      const response = result.response as {
        statusCode?: number;
        headers?: Record<string, string>;
      };
      hear(response.statusCode ?? 0, response.headers?.date);
      return result;
    },
    // Nearest to the wire, so that it also sees the answers that become errors.
    { name: "hearClock", step: "deserialize", priority: "low" },
  );
  return { sdk, client };
}

function classOf(operation: S3Operation, status: number | undefined): SentRequest["class"] {
  return status !== undefined && FREE.has(status) ? "free" : BILLED[operation];
}
