import {
  type Host,
  isJsonObject,
  type JsonObject,
  type JsonValue,
  messageOf,
  TrestleError,
} from "@trestle/protocol";
import type { AutomationStore } from "../schedules/automation-store.ts";
import type { Fire } from "../schedules/scheduler.ts";
import { matches, type Trigger } from "./trigger.ts";
import { type Incoming, verify } from "./verify.ts";

export interface TriggersParts {
  readonly store: AutomationStore;
  readonly fire: Fire;
  readonly host: Pick<Host, "subscribe" | "clock" | "log">;
  /** Of this opening: events are numbered anew by each process. */
  readonly epoch: string;
}

export interface Triggers {
  /** Follows the topics that triggers name now. */
  follow(): Promise<void>;
  /** Of a webhook; gives the execution's id. Throws `denied` where it is not to be trusted. */
  deliver(id: string, incoming: Incoming): Promise<string>;
  close(): void;
}

/** Begins executions by what happens: events of the host, and what other systems tell. */
export function createTriggers({ store, fire, host, epoch }: TriggersParts): Triggers {
  const { clock, log } = host;
  const following = new Map<string, () => void>();
  const list = async () => (await store.list<Trigger>("trigger")).filter(({ enabled }) => enabled);
  let closed = false;

  async function follow(): Promise<void> {
    const all = await list();
    if (closed) return;
    const topics = new Set(all.flatMap(({ event }) => (event ? [event.topic] : [])));
    for (const [topic, stop] of following) {
      if (topics.has(topic)) continue;
      stop();
      following.delete(topic);
    }
    for (const topic of topics) {
      if (following.has(topic)) continue;
      // What happened before somebody wanted it is past.
      const stop = host.subscribe(
        topic,
        Number.POSITIVE_INFINITY,
        ({ seq, payload }) =>
          void hear(topic, seq, payload).catch((error) =>
            log.error("an event was not looked at", { topic, error: messageOf(error) }),
          ),
      );
      following.set(topic, stop);
    }
  }

  async function hear(topic: string, seq: number, payload: JsonObject): Promise<void> {
    for (const trigger of await list()) {
      const { event, id } = trigger;
      if (event?.topic !== topic || !matches(payload, (event.match ?? {}) as JsonObject)) continue;
      begin(trigger, payload, `event/${id}/${epoch}/${topic}/${seq}`).catch((error) =>
        log.error("a trigger began nothing", { trigger: id, error: messageOf(error) }),
      );
    }
  }

  async function begin(trigger: Trigger, event: JsonValue, key: string): Promise<string> {
    const { id, workflow, version, input, onBehalf } = trigger;
    const fields = isJsonObject(event) ? event : {};
    try {
      const lastExecution = await fire({
        workflow,
        ...(version === undefined ? {} : { version }),
        ...(input === undefined ? {} : { input: input as JsonObject }),
        context: { ...fields, trigger: id, event },
        key,
        onBehalf,
      });
      await note(id, { lastExecution, lastError: undefined });
      return lastExecution;
    } catch (error) {
      await note(id, { lastError: messageOf(error) });
      throw error;
    }
  }

  async function note(id: string, facts: Partial<Trigger>): Promise<void> {
    await store.note("trigger", id, facts);
  }

  return {
    follow,
    async deliver(id, incoming) {
      const trigger = (await list()).find((each) => each.id === id);
      const { signature, secret } = trigger?.webhook ?? {};
      if (trigger === undefined || signature === undefined || secret === undefined)
        throw new TrestleError(
          "denied",
          "This delivery is not signed with the trigger's secret, or is too old.",
        );
      const delivery = verify(incoming, { signature, secret, now: clock.now() });
      return begin(trigger, readPayload(incoming.body), `webhook/${id}/${delivery}`);
    },
    close() {
      closed = true;
      for (const stop of following.values()) stop();
      following.clear();
    },
  };
}

function readPayload(body: string): JsonValue {
  try {
    return JSON.parse(body) as JsonValue;
  } catch {
    return { text: body };
  }
}
