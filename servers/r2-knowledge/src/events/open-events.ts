import {
  type Clock,
  type Host,
  type JsonObject,
  type Logger,
  messageOf,
  TrestleError,
} from "@trestle/protocol";
import type { Config } from "../config.ts";
import { createRecordFolder } from "../knowledge/record-folder.ts";
import type { ObjectStore } from "../object-store/object-store.ts";
import { diagnosisRecord } from "../records/diagnosis.ts";
import { contextOf } from "../records/facts.ts";
import { createIds } from "../records/ids.ts";
import { openWebhooks, type Webhooks } from "../webhooks/webhooks.ts";
import { type ChangeFeed, openChangeFeed } from "./change-feed.ts";
import { type Following, follow } from "./following.ts";
import { toDescription } from "./from-lines.ts";
import { type Listener, listen } from "./listener.ts";

export interface EventsParts {
  readonly config: Config;
  readonly store: ObjectStore;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly clock: Clock;
  readonly log: Logger;
  readonly random: () => number;
}

/** What happens to the knowledge, and who is told. */
export interface Events {
  readonly feed: ChangeFeed;
  readonly webhooks: Webhooks;
  /** Whether this process is configured to follow what happens. */
  readonly isOn: boolean;
  /** Throws `unsupported` where it is not. */
  needOn(): void;
  /** Follows what happens until the end, where that is configured: tells the host, listeners and webhooks. */
  start(host: Pick<Host, "publish">): void;
  /** This process changed something. */
  nudge(): void;
  /** An index was compacted: what it held of its own must be told before that is deleted. Never throws. */
  compacted(): Promise<void>;
  /** Tells what no index tells, where anybody ever listened. Never throws. */
  announce(topic: string, payload: JsonObject): void;
  close(): Promise<void>;
}

const DAY = 86_400_000;
/** Webhooks wait for new events, and for the time of their next attempt. */
const DELIVER_MS = 5_000;

/** Asks the store for nothing before something is wanted. */
export function openEvents(parts: EventsParts): Events {
  const { config, store, clock, log, random } = parts;
  const { eventsListen, eventsKey: key, webhooksFile: file } = config;
  const ids = createIds({ clock, random });
  const diagnoses = createRecordFolder(store, "diagnoses", diagnosisRecord);
  const feed = openChangeFeed({
    ...{ store, ids, clock, log, keepMs: config.eventsKeepDays * DAY },
    async describe(id) {
      const { record } = (await diagnoses.get(id)) ?? {};
      if (record === undefined) return {};
      const { error, fix, severity } = record;
      return toDescription({ ...error, fix, severity, context: contextOf(record) });
    },
  });
  const holder = ids.next();
  const { environment } = parts;
  const webhooks = openWebhooks({ file, environment, store, feed, holder, clock, log, random });
  const isOn = config.events || eventsListen !== undefined || webhooks.isConfigured;
  const announcing = new Set<Promise<void>>();
  const followings: Following[] = [];
  let listener: Promise<Listener | undefined> | undefined;
  let unsubscribe = () => {};
  let isTelling = false;

  /** What was told before is nobody's news. */
  function tell(host: Pick<Host, "publish">): () => void {
    return feed.hub.subscribe({ topics: ["*"] }, (message) => {
      if (message.kind === "gap") return;
      const { topic, seq, time, payload } = message.event;
      host.publish(`knowledge.${topic}`, { ...payload, seq, time });
    });
  }

  /** Another process of this machine may have the address; whoever follows it takes it over. */
  async function tryListen(address: string): Promise<Listener | undefined> {
    const opened = await listen({ address, key, hub: feed.hub, clock, log }).catch(
      (error: unknown) => {
        log.warn("nobody listens to events here", { error: messageOf(error) });
        return undefined;
      },
    );
    if (opened === undefined) clock.after(DELIVER_MS * 12, () => (listener = undefined));
    else log.info("events are told", { url: opened.url });
    return opened;
  }

  async function look(host: Pick<Host, "publish">): Promise<void> {
    if (!isTelling) {
      await feed.open();
      unsubscribe = tell(host);
      isTelling = true;
    }
    await feed.pump();
    if (eventsListen !== undefined) listener ??= tryListen(eventsListen);
  }

  return {
    ...{ feed, webhooks, isOn },
    needOn() {
      if (isOn) return;
      throw new TrestleError(
        "unsupported",
        "Nobody follows what happens here. Who runs this server sets KNOWLEDGE_EVENTS=true.",
      );
    },
    start(host) {
      if (!isOn || followings.length > 0) return;
      const everyMs = config.eventsMs;
      followings.push(follow({ look: () => look(host), everyMs, clock, log }));
      if (!webhooks.isConfigured) return;
      const deliver = async () => {
        if (feed.origin() !== undefined) await webhooks.deliver();
      };
      const delivering = follow({ look: deliver, everyMs: DELIVER_MS, clock, log });
      feed.onNews(() => delivering.nudge());
      followings.push(delivering);
    },
    nudge() {
      followings[0]?.nudge();
    },
    async compacted() {
      await feed.keepUp().catch((error: unknown) => {
        log.warn("events not looked for", { error: messageOf(error) });
      });
    },
    announce(topic, payload) {
      const told = feed
        .announce(topic, payload)
        .catch((error: unknown) => log.warn("not told", { topic, error: messageOf(error) }))
        .finally(() => announcing.delete(told));
      announcing.add(told);
    },
    async close() {
      unsubscribe();
      await Promise.all(announcing);
      await webhooks.close();
      await Promise.all(followings.map((following) => following.close()));
      await (await listener)?.close();
    },
  };
}
