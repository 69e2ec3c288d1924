import { createHash } from "node:crypto";
import {
  isJsonObject,
  type JsonObject,
  type Logger,
  messageOf,
  parseJson,
} from "@trestle/protocol";
import type { SessionSiblings } from "@trestle-mcp/server-kit/serving";
import type { Shared } from "./shared.ts";

const TOPIC = "sessions";
/** As long as an id of a session is good. */
const ENDED_MS = 7 * 24 * 3_600_000;

type Listener = (session: string, message: JsonObject) => void;

/** Sessions of the legacy era that are those of all bridges on one Redis. */
export function createSiblings(
  { redis, bus, replica }: Pick<Shared, "redis" | "bus" | "replica">,
  log: Logger,
): SessionSiblings {
  const listeners = new Set<Listener>();
  let isHeard = false;

  function hear(text: string): void {
    const told: unknown = parseJson(text);
    if (!isJsonObject(told) || told.from === replica || !isJsonObject(told.message)) return;
    for (const listener of [...listeners]) listener(String(told.session), told.message);
  }

  /** Short: an id holds all that its client said of itself. */
  const keyOf = (session: string): string =>
    redis.key("ended", createHash("sha256").update(session).digest("base64url"));

  return {
    tell(session, message) {
      bus.publish(TOPIC, JSON.stringify({ from: replica, session, message }));
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
