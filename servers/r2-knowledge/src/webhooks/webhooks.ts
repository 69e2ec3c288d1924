import { type Clock, type Logger, messageOf, TrestleError } from "@trestle/protocol";
import type { ChangeFeed } from "../events/change-feed.ts";
import type { ObjectStore } from "../object-store/object-store.ts";
import { type Delivered, deliverTo } from "./deliver.ts";
import { type DeadLetter, openDeliveryStates } from "./delivery-state.ts";
import { readWebhooksFile, type Webhook, type WebhookSettings } from "./webhooks-file.ts";

export interface WebhooksParts {
  /** Of the operator; undefined where there are no webhooks. */
  readonly file: string | undefined;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly store: ObjectStore;
  readonly feed: ChangeFeed;
  /** Names this process among those that may deliver. */
  readonly holder: string;
  readonly clock: Clock;
  readonly log: Logger;
  readonly random: () => number;
}

/** A target without its secrets. */
export interface WebhookStatus {
  readonly id: string;
  readonly form: string;
  /** Of the address only the host: whoever knows all of it may write there. */
  readonly host: string;
  readonly events: readonly string[];
  readonly severity?: readonly string[] | undefined;
  readonly context?: readonly string[] | undefined;
  /** The number of the last event that needs nothing more; undefined before the first delivery. */
  readonly done: number | undefined;
  readonly attempts: number;
  readonly lastError: string | undefined;
  readonly dead: number;
  /** Events that were kept no more when their turn came. */
  readonly missed: number;
}

export type Tested =
  | { readonly ok: true }
  | { readonly ok: false; readonly reason: string; readonly retryable: boolean };

/** Tells the operator's targets what happens. Throws `unsupported` where none is configured. */
export interface Webhooks {
  readonly isConfigured: boolean;
  list(): Promise<WebhookStatus[]>;
  /** Sends one event that says it is a test, and notes nothing. Throws `not_found`. */
  test(id: string): Promise<Tested>;
  /** What was given up, oldest first. */
  failed(id?: string): Promise<(DeadLetter & { readonly target: string })[]>;
  /** Has dead letters tried again, all or one; resolves with how many. */
  retry(id: string, seq?: number): Promise<number>;
  /** Delivers what is due of the events that are known here, to each target. */
  deliver(): Promise<(Delivered & { readonly target: string })[]>;
  /** Ends what is being sent. */
  close(): Promise<void>;
}

export function openWebhooks(parts: WebhooksParts): Webhooks {
  const { file, store, feed, clock, log, holder, random } = parts;
  const states = openDeliveryStates(store, { clock, random });
  const abort = new AbortController();
  const scanned = new Map<string, number>();
  let reading: Promise<WebhookSettings> | undefined;
  let delivering: Promise<(Delivered & { target: string })[]> | undefined;

  function settings(): Promise<WebhookSettings> {
    if (file === undefined) {
      throw new TrestleError(
        "unsupported",
        "No webhooks are configured. Who runs this server sets KNOWLEDGE_WEBHOOKS_FILE.",
      );
    }
    reading ??= readWebhooksFile(file, parts.environment);
    reading.catch(() => {
      reading = undefined;
    });
    return reading;
  }

  async function need(id: string): Promise<Webhook> {
    const { webhooks } = await settings();
    const found = webhooks.find((each) => each.id === id);
    if (found) return found;
    const names = webhooks.map((each) => each.id).join(", ");
    throw new TrestleError("not_found", `There is no webhook ${id}. Configured are: ${names}.`);
  }

  async function createSend(signal: AbortSignal) {
    const { createSender, retryDelay } = await import("@trestle/events");
    const { allowHosts } = await settings();
    return { send: createSender({ clock, allowHosts, signal }), retryDelay };
  }

  async function deliverAll(): Promise<(Delivered & { target: string })[]> {
    const { webhooks } = await settings();
    const { signal } = abort;
    const { send, retryDelay } = await createSend(signal);
    const turn = {
      ...{ states, feed, send, scanned, holder, clock, log, signal },
      retryDelay: (attempts: number, ms?: number) => retryDelay(attempts, random, ms),
    };
    return Promise.all(
      webhooks.map(async (target) => {
        // One whose state can not be read or written keeps no other waiting.
        const turned = await deliverTo(target, turn).catch((error: unknown) => {
          const why = messageOf(error);
          log.warn("A webhook was not delivered to", { target: target.id, error: why });
          const waiting = { until: clock.now(), error: why };
          return { delivered: 0, dead: 0, busy: false, waiting };
        });
        return { target: target.id, ...turned };
      }),
    );
  }

  return {
    isConfigured: file !== undefined,
    async list() {
      const { webhooks } = await settings();
      return Promise.all(
        webhooks.map(async (webhook) => toStatus(webhook, await states.read(webhook.id))),
      );
    },
    async test(id) {
      const target = await need(id);
      const { send } = await createSend(abort.signal);
      const summary = "This is a test: somebody wanted to know whether events arrive here";
      const now = clock.now();
      const event = { seq: 0, time: now, topic: "webhook.test", payload: { summary } };
      const verdict = await send({ id: `test-${now}`, event }, target);
      if (verdict.kind === "delivered") return { ok: true };
      return { ok: false, reason: verdict.reason, retryable: verdict.kind === "failed" };
    },
    async failed(id) {
      const { webhooks } = await settings();
      const wanted = id === undefined ? webhooks : [await need(id)];
      const found = wanted.map(async ({ id: target }) => {
        const { dead = [] } = (await states.read(target)) ?? {};
        return dead.map((letter) => ({ target, ...letter }));
      });
      return (await Promise.all(found)).flat();
    },
    async retry(id, seq) {
      await need(id);
      let count = 0;
      await states.change(id, (state) => {
        const isMeant = ({ event }: DeadLetter) => seq === undefined || event.seq === seq;
        const letters = state?.dead.filter(isMeant) ?? [];
        count = letters.length;
        if (state === undefined || count === 0) return undefined;
        return {
          ...state,
          ...{ attempts: 0, nextAt: 0 },
          dead: state.dead.filter((letter) => !isMeant(letter)),
          again: [...state.again, ...letters.map(({ event }) => event)],
        };
      });
      return count;
    },
    deliver() {
      delivering ??= deliverAll().finally(() => {
        delivering = undefined;
      });
      return delivering;
    },
    async close() {
      abort.abort();
      await delivering?.catch((error: unknown) => {
        log.debug("deliveries ended", { error: messageOf(error) });
      });
    },
  };
}

function toStatus(
  { id, form, url, topics, severity, context }: Webhook,
  state: Awaited<ReturnType<ReturnType<typeof openDeliveryStates>["read"]>>,
): WebhookStatus {
  return {
    ...{ id, form: form.kind, host: new URL(url).host, events: topics, severity, context },
    done: state?.done,
    attempts: state?.attempts ?? 0,
    lastError: state?.lastError,
    dead: state?.dead.length ?? 0,
    missed: state?.missed ?? 0,
  };
}
