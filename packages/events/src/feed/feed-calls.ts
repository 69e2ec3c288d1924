import { isTrestleError, type JsonObject, TrestleError } from "@trestle/protocol";

/** Answers one call: what it resolves to is sent along with `type` and `id`. `signal`: the client is gone. */
export type FeedCall = (frame: JsonObject, signal: AbortSignal) => Promise<JsonObject>;

export interface FeedCalls {
  /** Throws `invalid_input` for a frame that cannot be answered, since it has no id. */
  take(frame: JsonObject): void;
  /** Aborts the calls that run. */
  close(): void;
}

/** So many run at a time for one client; the answers that it does not read count among them. */
const MAX_RUNNING = 32;
const MAX_ID_LENGTH = 64;

/** The calls of one client, next to what it is told. */
export function createFeedCalls(
  call: FeedCall,
  send: (message: JsonObject) => Promise<void> | void,
): FeedCalls {
  const gone = new AbortController();
  let running = 0;

  async function run(id: string, frame: JsonObject): Promise<void> {
    running += 1;
    try {
      const answer = await call(frame, gone.signal).then(
        (result) => ({ ...result, type: "result", id }),
        (error: unknown) => toErrorFrame(id, error),
      );
      await send(answer);
    } finally {
      running -= 1;
    }
  }

  return {
    take(frame) {
      const id = idOf(frame);
      if (running < MAX_RUNNING) void run(id, frame);
      else void send(toErrorFrame(id, tooMany()));
    },
    close: () => gone.abort(),
  };
}

function idOf({ id }: JsonObject): string {
  if (typeof id === "string" && id !== "" && id.length <= MAX_ID_LENGTH) return id;
  throw new TrestleError(
    "invalid_input",
    `A call has an id, 1 to ${MAX_ID_LENGTH} characters of your own choice: it comes back with the answer.`,
  );
}

/** What is no refusal in our words stays inside. */
function toErrorFrame(id: string, error: unknown): JsonObject {
  if (!isTrestleError(error)) {
    return { type: "error", id, error: { code: "internal", message: "The call failed." } };
  }
  const { code, message, details } = error;
  return {
    type: "error",
    id,
    error: { code, message, ...(details === undefined ? {} : { details: details as JsonObject }) },
  };
}

function tooMany(): TrestleError {
  return new TrestleError(
    "rate_limited",
    `${MAX_RUNNING} calls of this connection run already: wait for their answers.`,
    { details: { most: MAX_RUNNING } },
  );
}
