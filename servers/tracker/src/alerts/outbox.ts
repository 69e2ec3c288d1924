import {
  createSender,
  type HubEvent,
  type Resolve,
  retryDelay,
  type Verdict,
} from "@trestle/events";
import {
  type Clock,
  isJsonObject,
  type JsonObject,
  type Logger,
  messageOf,
} from "@trestle/protocol";
import type { Document } from "../model/document.ts";
import type { TrackerStore } from "../store/tracker-store.ts";
import { createRecent } from "../transcripts/recent.ts";
import { type AlertSettings, type AlertWebhook, isWanted } from "./config.ts";
import type { Notice } from "./notice.ts";

/** A notice on its way to one receiver. Times are epoch milliseconds. */
export interface AlertDelivery {
  /** `<webhook>/<notice>`. */
  readonly key: string;
  readonly webhook: string;
  readonly id: string;
  readonly event: HubEvent;
  readonly state: "waiting" | "dead";
  readonly attempts: number;
  readonly nextAt: number;
  readonly lastError?: string;
}

/** One document for each receiver that wants a notice: stored together with what it tells of. */
export function deliveriesOf(
  notices: readonly Notice[],
  webhooks: readonly AlertWebhook[],
): AlertDelivery[] {
  return notices.flatMap((notice) =>
    webhooks
      .filter((webhook) => isWanted(webhook, notice))
      .map(({ id: webhook }) => ({
        ...{ key: `${webhook}/${notice.id}`, webhook, id: notice.id, state: "waiting" as const },
        // A sequence that only grows is all that is promised of it.
        event: { seq: notice.at, time: notice.at, topic: notice.topic, payload: notice.payload },
        ...{ attempts: 0, nextAt: notice.at },
      })),
  );
}

export function toDocument(delivery: AlertDelivery): Document {
  const { key, ...value } = delivery;
  return {
    kind: "delivery",
    key,
    at: delivery.event.time,
    value: { ...value, event: { ...delivery.event } },
  };
}

export interface OutboxParts {
  readonly store: Pick<TrackerStore, "documents" | "putDocuments" | "removeDocuments">;
  readonly settings: AlertSettings;
  readonly clock: Clock;
  readonly random: () => number;
  readonly log: Logger;
  readonly resolve?: Resolve;
}

/**
 * Sends what waits, to each receiver in the order in which it happened, at least once: what was sent and not noted
 * yet is sent again under the same id. Runs in one process at a time.
 */
export interface Outbox {
  /** Sends what was stored, by whomever, and looks for more from time to time. */
  start(): Promise<void>;
  /** Sends these too, though no store may have them. */
  add(deliveries: readonly AlertDelivery[]): void;
  /** Ends what is being sent; the rest goes on at the next start. */
  close(): Promise<void>;
}

/** How often it is looked at for what other processes stored. */
const LOOK_MS = 5_000;
/** Oldest dead letters go first. */
const MOST_DEAD = 200;
const MOST_SENT = 2_000;
const PAGE = 500;

export function createOutbox(parts: OutboxParts): Outbox {
  const { store, settings, clock, random, log } = parts;
  const waiting = new Map<string, AlertDelivery>();
  /** Sent or given up, and perhaps still in the store. */
  const done = new Set<string>();
  /** The last that were sent: a state that could not be kept at first may bring one along later. */
  const sent = createRecent<true>(MOST_SENT);
  const running = new Map<string, Promise<void>>();
  const timers = new Map<string, () => void>();
  const abort = new AbortController();
  const post = createSender({
    ...{ clock, signal: abort.signal, resolve: parts.resolve },
    ...{ allowHosts: settings.allowHosts, timeoutMs: settings.timeoutMs },
  });

  function add(deliveries: readonly AlertDelivery[]): void {
    for (const delivery of deliveries) {
      const { key } = delivery;
      if (sent.get(key)) done.add(key);
      else if (!done.has(key) && !waiting.has(key)) waiting.set(key, delivery);
    }
    pumpAll();
  }

  function pumpAll(): void {
    for (const id of new Set([...waiting.values()].map(({ webhook }) => webhook))) pump(id);
  }

  function pump(id: string): void {
    if (abort.signal.aborted || running.has(id)) return;
    timers.get(id)?.();
    const head = headOf(id);
    if (head === undefined) return;
    const wait = head.nextAt - clock.now();
    if (wait > 0) {
      timers.set(
        id,
        clock.after(wait, () => pump(id)),
      );
      return;
    }
    const work = attempt(head).finally(() => {
      running.delete(id);
      pump(id);
    });
    running.set(id, work);
  }

  function headOf(id: string): AlertDelivery | undefined {
    const own = [...waiting.values()].filter(({ webhook }) => webhook === id);
    return own.reduce<AlertDelivery | undefined>(
      (first, each) => (first === undefined || each.event.seq < first.event.seq ? each : first),
      undefined,
    );
  }

  async function attempt(delivery: AlertDelivery): Promise<void> {
    const verdict = await send(delivery);
    if (abort.signal.aborted && verdict.kind !== "delivered") return; // it failed because we stop
    if (verdict.kind === "delivered") {
      waiting.delete(delivery.key);
      sent.set(delivery.key, true);
      done.add(delivery.key);
      return clear();
    }
    const attempts = delivery.attempts + 1;
    const isDead = verdict.kind === "refused" || attempts >= settings.maxAttempts;
    const delay =
      verdict.kind === "failed" ? retryDelay(attempts, random, verdict.retryAfterMs) : 0;
    const next: AlertDelivery = {
      ...delivery,
      ...{ attempts, lastError: verdict.reason, nextAt: clock.now() + delay },
      state: isDead ? "dead" : "waiting",
    };
    if (isDead) {
      waiting.delete(delivery.key);
      done.add(delivery.key);
      log.warn("alert not told", { webhook: delivery.webhook, reason: verdict.reason });
    } else waiting.set(delivery.key, next);
    await quietly(() => store.putDocuments([toDocument(next)]));
    if (isDead) done.delete(delivery.key);
  }

  async function send(delivery: AlertDelivery): Promise<Verdict> {
    const webhook = settings.webhooks.find(({ id }) => id === delivery.webhook);
    if (webhook === undefined) return { kind: "refused", reason: "it is configured no more" };
    return post(delivery, webhook);
  }

  /** What the store cannot do now is done at the next look. */
  async function quietly(work: () => Promise<unknown>): Promise<void> {
    await work().catch((error: unknown) =>
      log.warn("alerts not noted", { error: messageOf(error) }),
    );
  }

  async function clear(): Promise<void> {
    const keys = [...done];
    if (keys.length === 0) return;
    await quietly(async () => {
      await store.removeDocuments("delivery", keys);
      for (const key of keys) done.delete(key);
    });
  }

  async function look(): Promise<void> {
    await clear();
    await quietly(async () => {
      const stored = await readDeliveries(store);
      add(stored.filter(({ state }) => state === "waiting"));
      const dead = stored.filter(({ state }) => state === "dead");
      const old = dead.toSorted((one, other) => one.nextAt - other.nextAt).slice(0, -MOST_DEAD);
      if (old.length > 0)
        await store.removeDocuments(
          "delivery",
          old.map(({ key }) => key),
        );
    });
  }

  function lookLater(): void {
    if (abort.signal.aborted) return;
    timers.set(
      "",
      clock.after(LOOK_MS, () => void look().then(lookLater)),
    );
  }

  return {
    add,
    async start() {
      await look();
      lookLater();
    },
    async close() {
      abort.abort();
      for (const cancel of timers.values()) cancel();
      await Promise.all(running.values());
      await clear();
    },
  };
}

/** All that wait and all that were given up. */
export async function readDeliveries(
  store: Pick<TrackerStore, "documents">,
): Promise<AlertDelivery[]> {
  const found: AlertDelivery[] = [];
  let cursor: string | undefined;
  do {
    const page = await store.documents("delivery", { limit: PAGE, ...(cursor && { cursor }) });
    for (const { key, value } of page.items) {
      // Of another release it is nobody's any more.
      if (isDelivery(value)) found.push({ ...(value as unknown as AlertDelivery), key });
    }
    cursor = page.next;
  } while (cursor !== undefined);
  return found;
}

function isDelivery({ webhook, id, event, state }: JsonObject): boolean {
  const isSent = typeof webhook === "string" && typeof id === "string";
  return isSent && isJsonObject(event) && (state === "waiting" || state === "dead");
}
