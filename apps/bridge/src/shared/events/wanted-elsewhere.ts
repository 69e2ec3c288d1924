import { LINGER_MS } from "@trestle/events";
import { type Clock, isJsonObject, type Logger, messageOf, parseJson } from "@trestle/protocol";
import type { Shared } from "../shared.ts";

/** Topics that are told only where somebody listens: where that is, the bridges tell each other. */
export interface WantedElsewhere {
  has(topic: string): boolean;
  /**
   * Looks what is wanted here, and tells the others where that has changed: `also` is about to be. Resolves once they
   * know, or where they cannot be told; never rejects.
   */
  tell(also?: (topic: string) => boolean): Promise<void>;
  close(): void;
}

export interface WantedElsewhereParts
  extends Pick<Shared, "redis" | "bus" | "replica" | "replicas" | "peers"> {
  readonly topics: readonly string[];
  readonly isWantedHere: (topic: string) => boolean;
  readonly clock: Clock;
  readonly log: Logger;
}

interface Other {
  readonly topics: ReadonlySet<string>;
  /** Its readers may come back to another bridge. */
  goneAt?: number | undefined;
}

const TOPIC = "events/wanted";
const HEARD = "events/heard";
const HEARD_MS = 1_500;

/** Costs Redis something when what is wanted changes, and nothing for what nobody wants. */
export async function openWantedElsewhere(parts: WantedElsewhereParts): Promise<WantedElsewhere> {
  const { redis, bus, replica, replicas, peers, clock, log, topics, isWantedHere } = parts;
  const hash = redis.key("events", "events", "wanted");
  const others = new Map<string, Other>();
  let told = "[]";
  let telling: Promise<void> = Promise.resolve();

  async function quietly(work: () => Promise<void>): Promise<void> {
    try {
      if (redis.isUp()) await work();
    } catch (error) {
      log.debug("What others listen for is not known", { reason: messageOf(error) });
    }
  }

  function learn(from: string, text: string): void {
    const wanted = readTopics(text);
    if (from === replica || wanted === undefined) return;
    if (wanted.length === 0) others.delete(from);
    else others.set(from, { topics: new Set(wanted) });
  }

  async function learnAll(): Promise<void> {
    const flat = await redis.command<string[]>("HGETALL", hash);
    for (let at = 0; at < flat.length; at += 2) learn(String(flat[at]), String(flat[at + 1]));
  }

  async function announce(): Promise<void> {
    if (told === "[]") await redis.command("HDEL", hash, replica);
    else await redis.command("HSET", hash, replica, told);
    bus.publish(TOPIC, JSON.stringify({ from: replica, topics: told }));
    await Promise.all(replicas.others().map(untilHeard));
  }

  /** What is asked comes after what was published before. */
  async function untilHeard(other: string): Promise<void> {
    const leave = new AbortController();
    const cancel = clock.after(HEARD_MS, () => leave.abort());
    await peers.ask(other, HEARD, {}, { signal: leave.signal }).catch(() => {});
    cancel();
  }

  function tell(also: (topic: string) => boolean = () => false): Promise<void> {
    const wanted = topics.filter((topic) => isWantedHere(topic) || also(topic));
    const text = JSON.stringify(wanted);
    if (text !== told) {
      told = text;
      telling = telling.then(() => quietly(announce));
    }
    return telling;
  }

  /** Those that are gone long enough are forgotten. */
  function look(): void {
    for (const [other, known] of others) {
      known.goneAt = replicas.isAlive(other) ? undefined : (known.goneAt ?? clock.now());
      if (known.goneAt === undefined || clock.now() - known.goneAt < LINGER_MS) continue;
      others.delete(other);
      void quietly(() => redis.command("HDEL", hash, other));
    }
    void tell();
  }

  peers.answer(HEARD, async () => ({}));
  const learnSoon = (): void => void quietly(learnAll);
  const ends = [
    await bus.subscribe(TOPIC, {
      onMessage(text) {
        const value = parseJson(text);
        if (isJsonObject(value)) learn(String(value.from), String(value.topics));
      },
      onGap: learnSoon,
    }),
    replicas.onLook(look),
    redis.onChange((isUp) => {
      // It may have lost what it knew.
      if (isUp && told !== "[]") telling = telling.then(() => quietly(announce));
    }),
  ];
  await quietly(learnAll);

  return {
    has(topic) {
      for (const { topics: wanted } of others.values()) if (wanted.has(topic)) return true;
      return false;
    },
    tell,
    close() {
      for (const end of ends) end();
      void quietly(() => redis.command("HDEL", hash, replica));
    },
  };
}

function readTopics(text: string): string[] | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return Array.isArray(value) ? value.map(String) : undefined;
  } catch {
    return undefined;
  }
}
