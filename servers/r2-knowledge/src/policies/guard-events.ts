import type { Events } from "../events/open-events.ts";
import type { Gate } from "./gate.ts";

/** Of the events, what one caller has. They tell of every record, so it is for those who may see all. */
export interface CallersEvents extends Pick<Events, "needOn"> {
  readonly feed: Pick<Events["feed"], "pump" | "read"> & {
    readonly hub: Pick<Events["feed"]["hub"], "lastSeq">;
  };
  readonly webhooks: Pick<Events["webhooks"], "list" | "test">;
}

export function guardEvents({ feed, webhooks, needOn }: Events, gate: Gate): CallersEvents {
  const guarded =
    <Args extends readonly unknown[], Result>(work: (...args: Args) => Promise<Result>) =>
    (...args: Args): Promise<Result> =>
      gate.pass<Result>({ action: "knowledge:events" }, (rights) => {
        rights.needStore("knowledge:events");
        return work(...args);
      });
  return {
    needOn,
    feed: { pump: guarded(feed.pump), read: guarded(feed.read), hub: feed.hub },
    webhooks: { list: guarded(webhooks.list), test: guarded(webhooks.test) },
  };
}
