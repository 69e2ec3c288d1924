import type { Hub } from "@trestle/events";
import { type Clock, digestOf, type JsonObject, type Logger, matchesGlob } from "@trestle/protocol";
import type { Shared } from "../shared.ts";
import { openCommonEvents } from "./common-events.ts";
import { openWantedElsewhere } from "./wanted-elsewhere.ts";

/** The events of this bridge, and of all that are one with it. */
export interface CommonHub extends Hub {
  /** Resolves once every bridge tells of these topics, too. */
  expect(topics: readonly string[]): Promise<void>;
}

export interface JoinEventsParts {
  readonly shared: Shared;
  /** What happens at this bridge, for whoever is to hear of nothing else. */
  readonly own: Hub;
  /** Of calls: told only where somebody wants them. */
  readonly onDemand: readonly string[];
  /** What each bridge finds out for itself: told by the first of them. */
  readonly once: readonly string[];
  readonly clock: Clock;
  readonly log: Logger;
}

/** As long after it was told, the same is no news. */
const ONCE_MS = 5 * 60_000;

export async function joinEvents(parts: JoinEventsParts): Promise<CommonHub> {
  const { shared, own, onDemand, clock, log } = parts;
  const common = await openCommonEvents({ ...shared, clock, log });
  const elsewhere = await openWantedElsewhere({
    ...{ ...shared, clock, log },
    topics: onDemand,
    isWantedHere: common.isWatched,
  });
  const demanded = new Set(onDemand);
  const isCommon = (topic: string): boolean =>
    !demanded.has(topic) || common.isWatched(topic) || elsewhere.has(topic);

  function tell(...[topic, payload, source]: Parameters<Hub["publish"]>): number {
    const seq = own.publish(topic, payload, source);
    if (isCommon(topic)) {
      const facts = { time: clock.now(), topic, payload, replica: shared.replica };
      common.add(source === undefined ? facts : { ...facts, source });
    }
    return seq;
  }

  /** Where nobody can say, it is better told twice than never. */
  async function isFirst(topic: string, payload: JsonObject): Promise<boolean> {
    const key = shared.redis.key("events", "events", `once:${digestOf([topic, payload])}`);
    const set = shared.redis.command("SET", key, shared.replica, "NX", "PX", ONCE_MS);
    return set.then(
      (answer) => answer === "OK",
      () => true,
    );
  }

  return {
    publish(topic, payload, source) {
      if (!parts.once.includes(topic)) return tell(topic, payload, source);
      void isFirst(topic, payload).then((is) => is && tell(topic, payload, source));
      return own.lastSeq();
    },
    subscribe(options, receive) {
      const end = common.subscribe(options, receive);
      void elsewhere.tell();
      return end;
    },
    isWatched: (topic) =>
      own.isWatched(topic) ||
      common.isWatched(topic) ||
      (topic !== undefined && elsewhere.has(topic)),
    lastSeq: common.lastSeq,
    expect: (topics) =>
      elsewhere.tell((topic) => topics.some((pattern) => matchesGlob(pattern, topic))),
    async close() {
      elsewhere.close();
      common.close();
      await own.close();
    },
  };
}
