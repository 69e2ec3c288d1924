import type { Clock } from "@trestle/protocol";
import { readEvents } from "../sse/read-events.ts";
import type { HttpAnswer } from "./exchange.ts";
import type { ServerStream } from "./server-stream.ts";

/** The answer is the last message; a server that then keeps the stream open would keep a connection. */
const LINGER_MS = 1_000;

export interface AnswerStreamOptions {
  readonly clock: Clock;
  readonly signal: AbortSignal;
  /** The way back to a stream that the server closed early; only the legacy era has it. */
  readonly resume: ServerStream["resume"] | undefined;
  /** Takes one message; false once the answer was among them. */
  onMessage(text: string): boolean;
}

/** Reads the event stream that answers a request, to its answer or its end. */
export async function readAnswerStream(
  { stream }: HttpAnswer,
  { clock, signal, resume, onMessage }: AnswerStreamOptions,
): Promise<void> {
  let lastEventId: string | undefined;
  let retryMs: number | undefined;
  let wanted = true;
  let cancelLinger: (() => void) | undefined;
  const done = readEvents(stream, {
    onEvent({ id, data }) {
      lastEventId = id ?? lastEventId;
      if (data !== "") wanted = onMessage(data);
      if (!wanted) cancelLinger ??= clock.after(LINGER_MS, () => stream.destroy());
    },
    onRetry(ms) {
      retryMs = ms;
    },
  });
  await done.catch((error) => {
    if (wanted && (lastEventId === undefined || !resume)) throw error;
  });
  cancelLinger?.();
  if (wanted && resume && lastEventId !== undefined)
    await resume({ lastEventId, retryMs, signal }, onMessage);
}
