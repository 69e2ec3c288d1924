import type { JsonValue } from "@trestle/protocol";
import { ObjectError } from "../object-error.ts";
import type { Answer, CallRequest, ObjectRef } from "../protocol.ts";
import { backoffMs } from "./backoff.ts";
import type { Breaker } from "./breaker.ts";
import { type Asked, createOutbox, type Waiting } from "./outbox.ts";
import { askHost, objectPath, UnreachableError } from "./request.ts";
import type { ClientParts } from "./settings.ts";

export interface AskOptions {
  /** With all attempts, in milliseconds. */
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
}

/** Where calls go while an object is watched. */
export interface CallSocket {
  /** `down` will come back by itself; `none` will not. */
  readonly state: "up" | "down" | "none";
  send(id: string, request: CallRequest): boolean;
}

/**
 * What is asked of one object gets there in its order, once each, over whatever connection there is: the socket while
 * the object is watched, else one HTTP request after the other.
 */
export interface Deliveries {
  ask(asked: Asked, options?: AskOptions): Promise<Answer>;
  /** The socket stands, or is gone: what was sent on an earlier one is sent again. */
  changed(): void;
  answered(id: string, outcome: Answer | Error): void;
  close(): void;
}

export function createDeliveries(parts: {
  readonly ref: ObjectRef;
  readonly client: ClientParts;
  readonly breaker: Breaker;
  readonly socket: CallSocket;
}): Deliveries {
  const { ref, client, breaker, socket } = parts;
  const outbox = createOutbox();
  /** Sent on the socket that stands now. */
  const onSocket = new Set<string>();
  let ids = 0;
  let failures = 0;
  let isAsking = false;
  let cancelWait: (() => void) | undefined;

  function pump(): void {
    if (isAsking || cancelWait !== undefined) return;
    if (socket.state === "up") sendAll();
    else if (socket.state === "none") askFirst();
  }

  /** Calls follow each other on the socket unanswered; what only HTTP takes waits until it is the first. */
  function sendAll(): void {
    for (const each of outbox.all()) {
      if (onSocket.has(each.id)) continue;
      if (each.asked.action !== "call") {
        if (outbox.first() === each) askFirst();
        return;
      }
      if (!socket.send(each.id, each.asked.request)) return;
      each.wasSent = true;
      onSocket.add(each.id);
    }
  }

  function askFirst(): void {
    const first = outbox.first();
    if (first === undefined) return;
    const asked = breaker.ask();
    if ("waitMs" in asked) {
      wait(backoffMs(0, client.random, { settings: client.backoff, atLeastMs: asked.waitMs }));
      return;
    }
    isAsking = true;
    first.wasSent = true;
    request(first)
      .then(
        (answer) => {
          asked.attempt.succeeded();
          failures = 0;
          settle(first.id, answer);
        },
        (error) => {
          if (error instanceof UnreachableError) {
            asked.attempt.failed();
            const { retryAfterMs: atLeastMs } = error;
            wait(backoffMs(failures, client.random, { settings: client.backoff, atLeastMs }));
            failures += 1;
          } else {
            asked.attempt.succeeded();
            settle(first.id, error);
          }
        },
      )
      .finally(() => {
        isAsking = false;
        pump();
      });
  }

  async function request({ asked }: Waiting): Promise<Answer> {
    const bound = new AbortController();
    const cancel = client.clock.after(client.outbox.requestMs, () => bound.abort());
    try {
      const answer = await askHost(client.host, {
        method: asked.action === "delete" ? "DELETE" : "POST",
        path: objectPath(ref, asked.action === "delete" ? "" : asked.action),
        body: asked.request,
        signal: bound.signal,
      });
      return answer as JsonValue & Answer;
    } finally {
      cancel();
    }
  }

  function wait(ms: number): void {
    cancelWait = client.clock.after(ms, () => {
      cancelWait = undefined;
      pump();
    });
  }

  function settle(id: string, outcome: Answer | Error): void {
    const waiting = outbox.take(id);
    onSocket.delete(id);
    if (waiting === undefined) return;
    if (outcome instanceof Error) waiting.reject(outcome);
    else waiting.resolve(outcome);
    tell();
  }

  function tell(): void {
    client.onEvent({ type: "outbox", ...ref, waiting: outbox.size });
  }

  function givenUp({ asked, wasSent }: Waiting, why: string): ObjectError {
    const next = wasSent ? "Ask again with the same key to learn what became of it." : "";
    return new ObjectError("unavailable", `${why} ${next}`.trim(), {
      outcome: wasSent ? "unknown" : "not_sent",
      key: asked.request.key,
    });
  }

  return {
    ask(asked, { timeoutMs = client.outbox.timeoutMs, signal } = {}) {
      refuseWhereFull(outbox.size, client, breaker);
      ids += 1;
      const id = `c${ids}`;
      const { promise, resolve, reject } = Promise.withResolvers<Answer>();
      const waiting = { id, asked, wasSent: false, resolve, reject };
      const give = (why: string) => () => settle(id, givenUp(waiting, why));
      const cancel = client.clock.after(timeoutMs, give(`No answer within ${timeoutMs} ms.`));
      const abort = give("The caller took it back.");
      signal?.addEventListener("abort", abort, { once: true });
      outbox.add(waiting);
      tell();
      if (signal?.aborted) abort();
      pump();
      return promise.finally(() => {
        cancel();
        signal?.removeEventListener("abort", abort);
      });
    },
    changed() {
      cancelWait?.();
      cancelWait = undefined;
      onSocket.clear();
      pump();
    },
    answered(id, outcome) {
      settle(id, outcome);
      pump();
    },
    close() {
      cancelWait?.();
      for (const each of outbox.all()) settle(each.id, givenUp(each, "The client was closed."));
    },
  };
}

function refuseWhereFull(size: number, { outbox }: ClientParts, breaker: Breaker): void {
  if (size >= outbox.most) {
    throw new ObjectError("rate_limited", `${size} calls wait for this object already.`);
  }
  if (outbox.offline === "fail" && breaker.state === "open") {
    throw new ObjectError("unavailable", "The host is down; ask again later.", {
      outcome: "not_sent",
    });
  }
}
