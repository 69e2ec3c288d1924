import { join } from "node:path";
import { manualClock, temporaryFolder } from "@trestle/testkit/surroundings";
import { onTestFinished } from "vitest";
import {
  type HubEvent,
  openWebhooks,
  type WebhooksOptions,
  type WebhookTarget,
} from "../src/index.ts";
import type { Receiver } from "./_receiver.ts";

export const event: HubEvent = {
  seq: 7,
  time: 1_767_225_600_000,
  topic: "call.failed",
  payload: { n: 1 },
};

export function targetOf(receiver: Receiver, changes: Partial<WebhookTarget> = {}): WebhookTarget {
  return { id: "one", topics: ["*"], url: receiver.url, form: { kind: "generic" }, ...changes };
}

/** Webhooks in a file of their own, with a clock that stands still. */
export async function open(
  targets: readonly WebhookTarget[],
  changes: Partial<WebhooksOptions> = {},
) {
  const clock = manualClock();
  const webhooks = await openWebhooks({
    file: join(temporaryFolder(), "webhooks.db"),
    targets: () => targets,
    allowHosts: ["127.0.0.1"],
    clock,
    random: () => 1,
    ...changes,
  });
  onTestFinished(() => webhooks.close());
  return { webhooks, clock };
}
