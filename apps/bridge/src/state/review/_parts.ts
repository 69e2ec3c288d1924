import { randomUUID } from "node:crypto";
import { join } from "node:path";
import { createRedact, type FailedCall, newTrail } from "@trestle/policy";
import {
  type JsonObject,
  LOCAL_PRINCIPAL,
  type Principal,
  silentLogger,
  systemClock,
} from "@trestle/protocol";
import { type Access, openAccess } from "../../access/access.ts";
import { type OwnReviewQueue, openReviewQueue, type ReviewQueueOptions } from "./review.ts";

export interface OpenedQueue {
  readonly queue: OwnReviewQueue;
  readonly access: Access;
  readonly file: string;
  /** What was run, in order. */
  readonly ran: Parameters<ReviewQueueOptions["run"]>[0][];
  close(): Promise<void>;
}

export interface OpenQueueOptions extends Partial<ReviewQueueOptions> {
  readonly folder?: string;
  /** Of the home; that of `folder` by default. */
  readonly home?: string;
  readonly encryptionKey?: string;
}

/** A queue on a real home, in any process. */
export async function openRealQueue(
  options: OpenQueueOptions & { readonly folder: string },
): Promise<OpenedQueue> {
  const { folder, clock = systemClock } = options;
  const config = { http: {} };
  const access = await openAccess({
    home: options.home ?? folder,
    config: () => config,
    encryptionKey: options.encryptionKey,
    clock,
    log: silentLogger,
  });
  const file = join(folder, "review.db");
  const ran: OpenedQueue["ran"] = [];
  const { run = async () => ({ content: [] }) } = options;
  const queue = await openReviewQueue({
    file,
    clock,
    newId: randomUUID,
    access,
    redact: createRedact(),
    definitionHashOf: () => "hash",
    ...options,
    run(approved) {
      ran.push(approved);
      return run(approved);
    },
  });
  let closed = false;
  async function close(): Promise<void> {
    if (closed) return;
    closed = true;
    await queue.close();
    await access.close();
  }
  return { queue, access, file, ran, close };
}

export interface FailedOptions {
  readonly principal?: Principal;
  readonly readOnly?: boolean;
  readonly meta?: JsonObject;
  readonly args?: JsonObject;
}

/** A call that failed after its first attempt. */
export function failed(options: FailedOptions = {}): FailedCall {
  const { principal = LOCAL_PRINCIPAL, readOnly = false, meta, args = { amount: 3 } } = options;
  return {
    call: {
      executionId: `execution-${randomUUID()}`,
      server: "shop",
      tool: "pay",
      definitionHash: "hash",
      hints: { readOnly, destructive: true, idempotent: false, openWorld: true },
      params: { name: "pay", arguments: args, ...(meta === undefined ? {} : { _meta: meta }) },
      context: {
        principal,
        signal: new AbortController().signal,
        client: { era: "modern", protocolVersion: "2026-07-28", capabilities: {} },
      },
      trail: { ...newTrail(), attempts: 1 },
    },
    message: "Look whether it was paid.",
    errorCode: "outcome_unknown",
    errorMessage: "It may have been paid.",
    outcomeUnknown: true,
  };
}
