import { createLineSplitter } from "@trestle/protocol";
import type { JoinedMembership } from "./own-folder.ts";
import { type Outcome, type Peer, type SharedCall, unlessCancelled, within } from "./share-peer.ts";
import { fromLine, fromWireError, type ToJoiner, type ToOwner, toLine } from "./share-wire.ts";

export interface OwnerLink extends Peer {
  /** Settles once the owner said anything, or is gone. */
  readonly greeted: Promise<void>;
}

/** Sends calls to the owner over the socket that joined it. Call it only once it has greeted. */
export function createOwnerLink({ owner, socket }: JoinedMembership): OwnerLink {
  const answers = createAnswers();
  const lines = createLineSplitter();
  const { promise: ended, resolve: end } = Promise.withResolvers<void>();
  const { promise: greeted, resolve: greet } = Promise.withResolvers<void>();
  let open = false;

  function take(message: ToJoiner): void {
    if ("id" in message) {
      answers.take(message);
      return;
    }
    open = "welcome" in message;
    if (!open) send({ drained: true });
    greet();
  }

  function send(message: ToOwner): void {
    if (socket.writable) socket.write(toLine(message));
  }

  async function call({ method, payload, signal }: SharedCall): Promise<Outcome> {
    if (!open || !socket.writable) return { kind: "refused" };
    const { id, outcome, forget } = answers.expect();
    const cancel = () => send({ cancel: id });
    try {
      send({ id, method, payload });
      signal?.addEventListener("abort", cancel, { once: true });
      return await unlessCancelled(outcome, { method, signal });
    } finally {
      signal?.removeEventListener("abort", cancel);
      forget();
    }
  }

  async function close(graceMs: number): Promise<void> {
    open = false;
    await within(graceMs, answers.settled());
    socket.destroy();
    await ended;
  }

  socket.on("data", (chunk: Buffer) => {
    for (const line of lines.push(chunk).lines) {
      const message = fromLine<ToJoiner>(line);
      if (message) take(message);
    }
  });
  socket.once("close", () => {
    open = false;
    greet();
    answers.lose();
    end();
  });

  return { role: "joined", pid: owner.pid, call, greeted, ended, close };
}

interface Expected {
  readonly id: number;
  readonly outcome: Promise<Outcome>;
  /** Nobody waits any more; an answer that comes nevertheless is left aside. */
  forget(): void;
}

/** The calls on their way, by id. */
function createAnswers(): {
  expect(): Expected;
  take(message: Extract<ToJoiner, { id: number }>): void;
  /** The owner is gone: no answer will come. */
  lose(): void;
  settled(): Promise<unknown>;
} {
  const waiting = new Map<number, PromiseWithResolvers<Outcome>>();
  let lastId = 0;
  return {
    expect() {
      const id = ++lastId;
      const one = Promise.withResolvers<Outcome>();
      waiting.set(id, one);
      return { id, outcome: one.promise, forget: () => waiting.delete(id) };
    },
    take(message) {
      const one = waiting.get(message.id);
      if ("refused" in message) one?.resolve({ kind: "refused" });
      else if ("error" in message) one?.reject(fromWireError(message.error));
      else one?.resolve({ kind: "answered", value: message.result });
    },
    lose() {
      for (const one of waiting.values()) one.resolve({ kind: "lost" });
    },
    settled: () => Promise.allSettled([...waiting.values()].map(({ promise }) => promise)),
  };
}
