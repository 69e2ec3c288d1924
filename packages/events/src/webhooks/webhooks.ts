import {
  type Clock,
  type Logger,
  silentLogger,
  systemClock,
  TrestleError,
} from "@trestle/protocol";
import type { HubEvent } from "../hub/event.ts";
import type { Hub } from "../hub/hub.ts";
import type { Resolve } from "./destination.ts";
import { createDispatcher } from "./dispatcher.ts";
import { followHub } from "./follow.ts";
import {
  type Delivery,
  type DeliveryCounts,
  type DeliveryQueue,
  openDeliveryQueue,
} from "./queue.ts";
import { createSender } from "./sender.ts";
import type { WebhookTarget } from "./target.ts";
import { judgeError, retryDelay, type Verdict } from "./verdict.ts";
import { createWanters } from "./wanters.ts";

export interface WebhooksOptions {
  /** The queue; one process at a time delivers from it. */
  readonly file: string;
  /** What the queue's file may hold: the oldest dead letters make room. 256 MiB by default. */
  readonly maxBytes?: number;
  /** The targets as they are now, the same list until they change; asked anew for each event and attempt. */
  readonly targets: () => readonly WebhookTarget[];
  /** Makes a target ready to be called: puts in what is secret. Throws `unavailable` where that may work later. */
  readonly prepare?: (target: WebhookTarget) => Promise<WebhookTarget>;
  // The three below are read anew at each attempt.
  /** Hosts (`name` or `name:port`) that may be private and may be called without TLS; none by default. */
  readonly allowHosts?: readonly string[];
  /** Attempts before a delivery is a dead letter; 12 by default, over more than half an hour. */
  readonly maxAttempts?: number;
  /** How long one attempt may take; 10,000 by default. */
  readonly timeoutMs?: number;
  readonly clock?: Clock;
  readonly random?: () => number;
  readonly resolve?: Resolve;
  /** Told of each host that is not called, or that sends us elsewhere. */
  readonly onRefused?: (host: string) => void;
  readonly log?: Logger;
}

/** Delivers events at least once, each to every target that wants its topic. */
export interface Webhooks {
  /** Resolves once the deliveries are stored; from then on they survive a kill. */
  enqueue(event: HubEvent): Promise<void>;
  /**
   * Enqueues what a hub publishes: after the number `since`, else from where this queue stopped before.
   * Returns what ends it, which resolves when what was published until then is stored.
   */
  follow(hub: Hub, since?: number): () => Promise<void>;
  waiting(limit?: number): Delivery[];
  /** How many wait and how many were given up, of each target that has any. */
  counts(): DeliveryCounts[];
  /** Deliveries that were given up, oldest first. */
  deadLetters(limit?: number): Delivery[];
  /** Delivers a dead letter anew. Throws `not_found`. */
  replay(id: string): Promise<void>;
  /** Waits two seconds for what is being sent; the rest goes on at the next start. */
  close(): Promise<void>;
}

const MAX_ATTEMPTS = 12;
const LISTED = 100;
const CLOSE_MS = 2_000;

export async function openWebhooks(options: WebhooksOptions): Promise<Webhooks> {
  const { clock = systemClock, log = silentLogger, file, maxBytes } = options;
  const limits = maxBytes === undefined ? {} : { maxBytes };
  const queue = await openDeliveryQueue({ file, clock, log, ...limits });
  const abort = new AbortController();
  const attempt = createAttempt(options, { clock, queue, signal: abort.signal });
  const dispatcher = createDispatcher({ queue, attempt, clock, log });
  dispatcher.look();

  const wantersOf = createWanters(options.targets, log);

  async function enqueue(event: HubEvent): Promise<void> {
    const wanting = wantersOf(event.topic);
    if (wanting.length === 0) return queue.skip(event.seq);
    await queue.add(event, wanting);
    dispatcher.look();
  }

  return {
    enqueue,
    follow: (hub, since = Math.min(queue.lastSeq(), hub.lastSeq())) =>
      followHub(hub, { since, wantersOf, enqueue, skip: queue.skip, clock, log }),
    waiting: (limit = LISTED) => queue.list("waiting", limit),
    counts: queue.counts,
    deadLetters: (limit = LISTED) => queue.list("dead", limit),
    async replay(id) {
      if (!(await queue.revive(id))) {
        throw new TrestleError(
          "not_found",
          `There is no dead letter ${id}. List them to see which are.`,
        );
      }
      dispatcher.look();
    },
    async close() {
      const cancel = clock.after(CLOSE_MS, () => abort.abort());
      await dispatcher.close();
      cancel();
      await queue.close();
    },
  };
}

/** One try of one delivery, and what the queue makes of it. */
function createAttempt(
  options: WebhooksOptions,
  { clock, queue, signal }: { clock: Clock; queue: DeliveryQueue; signal: AbortSignal },
) {
  const { random = Math.random, prepare = async (target) => target } = options;
  const post = createSender({
    ...{ clock, signal },
    ...{ resolve: options.resolve, onRefused: options.onRefused },
    get allowHosts() {
      return options.allowHosts;
    },
    get timeoutMs() {
      return options.timeoutMs;
    },
  });

  async function send(delivery: Delivery): Promise<Verdict> {
    const configured = options.targets().find(({ id }) => id === delivery.target);
    if (!configured) return { kind: "refused", reason: "the target is no longer configured" };
    try {
      return await post(delivery, await prepare(configured));
    } catch (error) {
      return judgeError(error);
    }
  }

  return async (delivery: Delivery): Promise<void> => {
    const verdict = await send(delivery);
    if (verdict.kind === "delivered") return queue.remove(delivery.id);
    if (signal.aborted) return; // it failed because we stop: that is no attempt
    const { maxAttempts = MAX_ATTEMPTS } = options;
    const attempts = delivery.attempts + 1;
    if (verdict.kind === "refused" || attempts >= maxAttempts) {
      return queue.bury(delivery.id, verdict.reason);
    }
    const delay = retryDelay(attempts, random, verdict.retryAfterMs);
    return queue.postpone(delivery.id, clock.now() + delay, verdict.reason);
  };
}
