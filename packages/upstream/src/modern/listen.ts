import type { JsonObject, RpcNotification } from "@trestle/protocol";
import { isRpcError, messageOf, RPC } from "@trestle/protocol";
import { backoffDelay } from "../backoff.ts";
import { declares, missedEvents } from "../events.ts";
import { abandoned } from "../faults.ts";
import type { Link } from "../json-rpc/link.ts";
import { withEnvelope } from "../meta.ts";
import type { ModernOptions } from "./connection.ts";

const PACE = { firstMs: 500, maxMs: 30_000 };
const ACKNOWLEDGED = "notifications/subscriptions/acknowledged";
/** A stream that held this long was a good one: the next delay is the first again. */
const HELD_MS = 10_000;

/** The one subscription stream of a connection: opened again when it ends, and with every change of what is wanted. */
export interface Listening {
  start(): void;
  /** Changes the subscribed resources; resolves when the server has acknowledged the new set. */
  change(edit: (uris: Set<string>) => void, signal: AbortSignal): Promise<void>;
  stop(): void;
}

interface Stream {
  readonly acknowledged: Promise<void>;
  end(): void;
}

export function createListening(link: Link, options: ModernOptions): Listening {
  const { upstream, facts, clock, random, interest, log } = options;
  let current: Stream | undefined;
  let cancelRetry = () => {};
  let failures = 0;
  let stopped = false;

  function wanted(): JsonObject | undefined {
    const { tools, prompts, resources } = facts.capabilities;
    const notifications: JsonObject = {};
    if (declares(tools, "listChanged")) notifications.toolsListChanged = true;
    if (declares(prompts, "listChanged")) notifications.promptsListChanged = true;
    if (declares(resources, "listChanged")) notifications.resourcesListChanged = true;
    if (interest.uris.size > 0) notifications.resourceSubscriptions = [...interest.uris];
    return Object.keys(notifications).length === 0 ? undefined : notifications;
  }

  /** Replaces the stream; the old one goes on until the new one is acknowledged, so that nothing falls between. */
  function open(): Promise<void> {
    cancelRetry();
    const notifications = wanted();
    const before = current;
    current = notifications && openStream(notifications);
    const acknowledged = current?.acknowledged ?? Promise.resolve();
    const replace = () => before?.end();
    acknowledged.then(replace, replace);
    return acknowledged;
  }

  function openStream(notifications: JsonObject): Stream {
    const control = new AbortController();
    const ready = Promise.withResolvers<void>();
    const startedAt = clock.now();
    const params = withEnvelope({ notifications }, options.clientInfo);
    const stream: Stream = { acknowledged: ready.promise, end: () => control.abort() };
    const onNotification = (notification: RpcNotification) => {
      if (notification.method === ACKNOWLEDGED) ready.resolve();
    };
    const request = { method: "subscriptions/listen", params, signal: control.signal };
    const ended = (error?: unknown) => {
      ready.reject(error ?? new Error("The subscription stream ended at once."));
      if (stopped || control.signal.aborted || current !== stream) return;
      current = undefined;
      if (clock.now() - startedAt >= HELD_MS) failures = 0;
      reopen(error);
    };
    ready.promise.catch(() => {});
    link.request({ ...request, onNotification }).then(() => ended(), ended);
    return stream;
  }

  function reopen(error: unknown): void {
    if (isRpcError(error) && error.code === RPC.methodNotFound) {
      log.info("the server has no subscriptions");
      return;
    }
    const delay = backoffDelay(failures, { ...PACE, random });
    failures += 1;
    log.debug("subscription stream ended", {
      delay,
      ...(error ? { error: messageOf(error) } : {}),
    });
    cancelRetry = clock.after(delay, () => {
      open()
        .then(() => {
          for (const event of missedEvents(facts.capabilities, interest.uris)) interest.emit(event);
        })
        .catch(() => {});
    });
  }

  return {
    start() {
      open().catch(() => {});
    },
    change(edit, signal) {
      edit(interest.uris);
      return raceAbort(open(), upstream, signal);
    },
    stop() {
      stopped = true;
      cancelRetry();
      current?.end();
    },
  };
}

function raceAbort(work: Promise<void>, upstream: string, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const abort = () => reject(abandoned(upstream, signal.reason, true));
    if (signal.aborted) abort();
    signal.addEventListener("abort", abort, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener("abort", abort));
  });
}
