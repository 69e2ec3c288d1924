export { createFeed, type Feed, type FeedOptions } from "./feed/feed.ts";
export type { FeedHub, FeedPeer, Listening } from "./feed/feed-socket.ts";
export type { HubEvent, HubGap, HubMessage } from "./hub/event.ts";
export {
  createHub,
  type DurableHubOptions,
  type Hub,
  type HubOptions,
  openHub,
} from "./hub/hub.ts";
export {
  createReplay,
  LINGER_MS,
  type Place,
  type Receive,
  type Replay,
  type ReplayParts,
  type SubscribeOptions,
} from "./hub/replay.ts";
export {
  type Destination,
  type Resolve,
  type ResolvedAddress,
  resolveDestination,
} from "./webhooks/destination.ts";
export { isPublicAddress } from "./webhooks/public-address.ts";
export type { Delivery, DeliveryCounts } from "./webhooks/queue.ts";
export { createSender, type Sendable, type SenderOptions } from "./webhooks/sender.ts";
export { type Delivered, type VerifyOptions, verifyDelivery } from "./webhooks/signature.ts";
export type { WebhookForm, WebhookTarget } from "./webhooks/target.ts";
export { retryDelay, type Verdict } from "./webhooks/verdict.ts";
export { openWebhooks, type Webhooks, type WebhooksOptions } from "./webhooks/webhooks.ts";
