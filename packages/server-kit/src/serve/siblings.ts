import { randomBytes } from "node:crypto";
import { isJsonObject, type JsonObject, type JsonValue } from "@trestle/protocol";

/** Other processes that serve the same sessions: what a client sends may come to any of them. */
export interface SessionSiblings {
  /** Hands on what came here, and belongs to whichever process asked for it. */
  tell(session: string, message: JsonObject): void;
  /** Given what the others handed on; says whether it took it. Returns the function that ends it. */
  listen(listener: (session: string, message: JsonObject) => boolean): () => void;
  /** Its client has closed it: no process opens it again. */
  end(session: string): Promise<void>;
  hasEnded(session: string): Promise<boolean>;
}

/** Tells the questions of this process from those of its siblings, whose answers may come here as well. */
export interface OwnQuestions {
  /** From now on what is asked over this transport carries our mark. */
  mark(transport: Sending): void;
  /** What of a client's body is for this process; the rest was handed on. Undefined where nothing is left. */
  sort(session: string, body: unknown): unknown;
  /** A message of a sibling, as this process has to take it; undefined where it is for another one. */
  take(message: JsonObject): JsonObject | undefined;
}

interface Sending {
  send(message: never, options?: never): Promise<void>;
}

const MARKED = /^[0-9a-f]{12}\.(\d+)$/;
const CANCELLED = "notifications/cancelled";

export function createOwnQuestions({ tell }: Pick<SessionSiblings, "tell">): OwnQuestions {
  const mark = randomBytes(6).toString("hex");

  function marked(message: JsonObject): JsonObject {
    const { id, method, params } = message;
    if (method === CANCELLED && isJsonObject(params) && typeof params.requestId === "number") {
      return { ...message, params: { ...params, requestId: `${mark}.${params.requestId}` } };
    }
    if (typeof id !== "number" || method === undefined) return message;
    return { ...message, id: `${mark}.${id}` };
  }

  /** The number of a question of ours; undefined for one of others. */
  function numberOf(id: string): number | undefined {
    return id.startsWith(`${mark}.`) ? Number(id.slice(mark.length + 1)) : undefined;
  }

  function sortOne(session: string, message: JsonValue): JsonValue | undefined {
    if (!isJsonObject(message)) return message;
    const { id, method } = message;
    // Nobody else knows whether what a client gives up runs here or there.
    if (method === CANCELLED) tell(session, message);
    if (method !== undefined || typeof id !== "string" || !MARKED.test(id)) return message;
    const own = numberOf(id);
    if (own !== undefined) return { ...message, id: own };
    tell(session, message);
    return undefined;
  }

  return {
    mark(transport) {
      const send = transport.send.bind(transport) as (
        message: JsonObject,
        options?: unknown,
      ) => Promise<void>;
      const marking = (message: JsonObject, options?: unknown) => send(marked(message), options);
      transport.send = marking as Sending["send"];
    },
    sort(session, body) {
      if (!Array.isArray(body)) return sortOne(session, body as JsonValue);
      const left = body.flatMap((message) => sortOne(session, message) ?? []);
      return left.length === 0 ? undefined : left;
    },
    take(message) {
      if (message.method === CANCELLED) return message;
      const number = typeof message.id === "string" ? numberOf(message.id) : undefined;
      return number === undefined ? undefined : { ...message, id: number };
    },
  };
}
