import { createHash } from "node:crypto";
import { isJsonObject, type JsonObject, messageOf, parseJson } from "@trestle/protocol";
import type { SessionSiblings } from "@trestle-mcp/server-kit/serving";
import type { Shared, SharedParts } from "./shared.ts";

const TOPIC = "sessions";
/** As long as an id of a session is good. */
const ENDED_MS = 7 * 24 * 3_600_000;

/** An answer is told again until somebody has taken it: Redis may be gone, or who waits for it be subscribing. */
const AGAIN_MS = 1_000;
const TELL_FOR_MS = 60_000;
const MOST_UNTAKEN = 10_000;

type Listener = (session: string, message: JsonObject) => boolean;

/** Sessions of the legacy era that are those of all bridges on one Redis. */
export function createSiblings(
  { redis, bus, replica }: Pick<Shared, "redis" | "bus" | "replica">,
  { clock, log, newId }: SharedParts,
): SessionSiblings {
  const listeners = new Set<Listener>();
  const untaken = new Set<string>();
  let isHeard = false;

  function hear(text: string): void {
    const told: unknown = parseJson(text);
    if (!isJsonObject(told) || told.from === replica) return;
    const { id, session, message, taken } = told;
    if (typeof taken === "string") untaken.delete(taken);
    if (!isJsonObject(message)) return;
    const isTaken = [...listeners].some((listener) => listener(String(session), message));
    if (isTaken) bus.publish(TOPIC, JSON.stringify({ from: replica, taken: id }));
  }

  function tell(id: string, text: string, until: number): void {
    bus.publish(TOPIC, text);
    clock.after(AGAIN_MS, () => {
      if (!untaken.has(id)) return;
      if (clock.now() < until) tell(id, text, until);
      else untaken.delete(id);
    });
  }

  /** Short: an id holds all that its client said of itself. */
  const keyOf = (session: string): string =>
    redis.key("ended", createHash("sha256").update(session).digest("base64url"));

  return {
    tell(session, message) {
      const id = newId();
      // What is no answer, nobody waits for.
      if (message.method === undefined && untaken.size < MOST_UNTAKEN) untaken.add(id);
      const text = JSON.stringify({ from: replica, id, session, message });
      tell(id, text, clock.now() + TELL_FOR_MS);
    },
    listen(listener) {
      listeners.add(listener);
      if (!isHeard) {
        isHeard = true;
        bus.subscribe(TOPIC, { onMessage: hear }).catch((error: unknown) => {
          log.warn("other bridges are not heard on sessions", { reason: messageOf(error) });
        });
      }
      return () => listeners.delete(listener);
    },
    async end(session) {
      await redis.command("SET", keyOf(session), "1", "PX", ENDED_MS).catch(() => {});
    },
    async hasEnded(session) {
      try {
        return (await redis.command<number>("EXISTS", keyOf(session))) === 1;
      } catch {
        return false; // the seal and the credential still have to be right
      }
    },
  };
}
