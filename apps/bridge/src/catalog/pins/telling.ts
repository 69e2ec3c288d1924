import type { JsonObject, Logger } from "@trestle/protocol";
import { keyOf } from "./items.ts";
import type { PinMode, PinState, Waiting } from "./judge.ts";
import { sentenceOf } from "./scan.ts";

export interface TellParts {
  readonly log: Logger;
  /** As an event, for whoever follows them. */
  readonly tell: (topic: "pin.changed" | "pin.suspect", payload: JsonObject) => void;
}

/** Of more at once, which are another version of the server, the number is told. */
const MOST_TOLD = 20;

/** Tells of every definition that waits, once for as long as it does. */
export interface Telling {
  tell(server: string, mode: PinMode, waiting: readonly Waiting[]): void;
}

export function createTelling({ log, tell }: TellParts): Telling {
  /** What waited last, by server: what goes and comes back is told again. */
  const told = new Map<string, ReadonlySet<string>>();

  function say(
    topic: "pin.changed" | "pin.suspect",
    server: string,
    mode: PinMode,
    waiting: readonly Waiting[],
  ): void {
    if (waiting.length === 0) return;
    const definitions = waiting.slice(0, MOST_TOLD).map(factsOf);
    const payload = { server, mode, total: waiting.length, definitions };
    log.warn(MESSAGES[topic], payload);
    tell(topic, payload);
  }

  return {
    tell(server, mode, waiting) {
      const keys = waiting.map((each) => `${keyOf(each)} ${each.hash} ${each.state}`);
      const before = told.get(server);
      const news = waiting.filter((_, index) => !before?.has(keys[index] ?? ""));
      told.set(server, new Set(keys));
      const are = (...states: PinState[]) => news.filter(({ state }) => states.includes(state));
      say("pin.changed", server, mode, are("changed", "new"));
      say("pin.suspect", server, mode, are("suspect"));
    },
  };
}

const MESSAGES = {
  "pin.changed": "a server changed definitions that were approved",
  "pin.suspect":
    "a server has definitions that look like hidden instructions, or like tools of others",
} as const;

/** Without the definition: who reads this may be a model. */
function factsOf({ kind, name, state, isWithheld, findings }: Waiting): JsonObject {
  return {
    ...{ kind, name, state, withheld: isWithheld },
    ...(findings.length === 0 ? {} : { findings: findings.map(sentenceOf) }),
  };
}
