import type { Delivery, Webhooks } from "@trestle/events";
import { type JsonObject, TrestleError } from "@trestle/protocol";
import * as z from "zod";
import type { WebhookConfig } from "../config/webhooks.ts";
import { webhookReplayed, webhooksAnswer } from "./answers/policies.ts";
import { limitField, NO_EFFECT } from "./fields.ts";
import { given } from "./history.ts";
import { defineOperation } from "./operation.ts";
import { refuseOthers } from "./sight.ts";

export const webhooksList = defineOperation({
  name: "webhooks",
  title: "Webhooks",
  description:
    "Who is told of what happens, what waits to be delivered, and what was given up, the oldest first.",
  input: z.object({ limit: limitField.default(50) }),
  output: webhooksAnswer,
  hints: NO_EFFECT,
  needs: "caller",
  async run({ limit }, { principal }, core) {
    const message = "webhooks tells of what everybody did: ask whoever runs the bridge.";
    refuseOthers({ operation: "webhooks", principal, message }, core);
    const deliveries = core.webhooks.current();
    return {
      webhooks: presentWebhooks(core.live.current().events.webhooks, deliveries),
      waiting: (deliveries?.waiting(limit) ?? []).map(presentDelivery),
      dead_letters: (deliveries?.deadLetters(limit) ?? []).map(presentDelivery),
    };
  },
});

export const webhookReplay = defineOperation({
  name: "webhook_replay",
  title: "Deliver a dead letter anew",
  description: "Delivers an event that was given up once more, with all its tries.",
  input: z.object({ id: z.string().min(1).describe("Of a dead letter, from webhooks.") }),
  output: webhookReplayed,
  hints: { readOnly: false, destructive: false, idempotent: true, openWorld: true },
  needs: "admin",
  async run({ id }, _context, core) {
    const deliveries = core.webhooks.current();
    if (!deliveries) {
      const message = "No webhook is configured: there is nobody to deliver to.";
      throw new TrestleError("not_found", message);
    }
    await deliveries.replay(id);
    return { id, state: "waiting" };
  },
});

/** Without addresses: whoever knows that of a channel may write to it. */
function presentWebhooks(
  webhooks: readonly WebhookConfig[],
  deliveries: Webhooks | undefined,
): JsonObject[] {
  const counts = new Map(deliveries?.counts().map((each) => [each.target, each]));
  return webhooks.map(({ id, url, form, topics }) => {
    const { waiting = 0, dead = 0 } = counts.get(id) ?? {};
    return given({
      ...{ id, form: form.kind, topics: [...topics], waiting, dead },
      host: URL.parse(url)?.host,
    }) as JsonObject;
  });
}

function presentDelivery({
  id,
  target,
  event,
  attempts,
  lastError,
  ...times
}: Delivery): JsonObject {
  return given({
    ...{ id, webhook: target, topic: event.topic, payload: event.payload, attempts },
    time: new Date(event.time).toISOString(),
    next_at: times.state === "waiting" ? new Date(times.nextAt).toISOString() : undefined,
    given_up_at: times.state === "dead" ? new Date(times.nextAt).toISOString() : undefined,
    error: lastError,
  }) as JsonObject;
}
