import { type Hub, openWebhooks, type Webhooks, type WebhookTarget } from "@trestle/events";
import { type Clock, type Logger, messageOf, TrestleError } from "@trestle/protocol";
import type { Audit } from "./access/audit.ts";
import { createCommandValues } from "./config/commands.ts";
import type { LiveConfig } from "./config/live.ts";
import type { WebhookConfig } from "./config/webhooks.ts";

export interface BridgeWebhooksParts {
  /** The queue of deliveries. */
  readonly file: string;
  readonly live: LiveConfig;
  readonly hub: Hub;
  readonly audit: Pick<Audit, "refused">;
  readonly clock: Clock;
  readonly log: Logger;
}

/** Tells the configured webhooks what happens. One bridge owns a home, so each event is told once. */
export interface BridgeWebhooks {
  /** The deliveries; undefined where no webhook was configured since the bridge began, or the queue is broken. */
  current(): Webhooks | undefined;
  /** Stores what was published until now, and ends what is being sent. */
  close(): Promise<void>;
}

/**
 * Without webhooks nothing is opened, and an earlier queue stays as it is. What the hub published before the
 * first of them was configured is nobody's.
 */
export async function openBridgeWebhooks(parts: BridgeWebhooksParts): Promise<BridgeWebhooks> {
  const { live, hub, log } = parts;
  const values = createCommandValues(() => live.current().secrets);
  let webhooks: Webhooks | undefined;
  let stop = async (): Promise<void> => {};
  let opening: Promise<void> | undefined;

  async function open(since: number): Promise<void> {
    const opened = await openWebhooks(optionsOf(parts, values.put));
    webhooks = opened;
    stop = opened.follow(hub, since);
  }

  /** A bridge without its webhooks is better than none. */
  function openOnce(): Promise<void> {
    if (live.current().events.webhooks.length === 0) return opening ?? Promise.resolve();
    opening ??= open(hub.lastSeq()).catch((error: unknown) => {
      opening = undefined;
      log.error("webhooks cannot be delivered", { reason: messageOf(error) });
    });
    return opening;
  }

  await openOnce();
  const unsubscribe = live.subscribe(() => {
    // The same command may give another value by now.
    values.forget();
    void openOnce();
  });
  return {
    current: () => webhooks,
    async close() {
      unsubscribe();
      await opening;
      await stop();
      await webhooks?.close();
    },
  };
}

const MEGABYTE = 1024 * 1024;

type Put = ReturnType<typeof createCommandValues>["put"];

/** Everything is read anew at each attempt, so that a change of the configuration holds from the next one on. */
function optionsOf({ file, live, audit, clock, log }: BridgeWebhooksParts, put: Put) {
  return {
    ...{ file, clock, log, maxBytes: live.current().store.quotas.webhooks * MEGABYTE },
    targets: () => live.current().events.webhooks,
    onRefused: (host: string) =>
      audit.refused({ event: "address_refused", setting: "events.webhooks", host }),
    prepare: (target: WebhookTarget) => prepare(target as WebhookConfig, put),
    get allowHosts() {
      return live.current().events.allowHosts;
    },
    get maxAttempts() {
      return live.current().events.maxAttempts;
    },
    get timeoutMs() {
      return live.current().events.timeoutMs;
    },
  };
}

/** A keyring that is locked now may be open at the next attempt. */
async function prepare({ commands, ...target }: WebhookConfig, put: Put): Promise<WebhookTarget> {
  if (commands.length === 0) return target;
  try {
    return await put(target, commands);
  } catch (error) {
    throw new TrestleError("unavailable", messageOf(error), { cause: error });
  }
}
