import type { Socket } from "node:net";
import {
  createLineSplitter,
  type JsonObject,
  type JsonValue,
  type Logger,
  messageOf,
  TrestleError,
} from "@trestle/protocol";
import { type Outcome, type SharedCall, unlessCancelled, within } from "./share-peer.ts";
import { fromLine, type ToJoiner, type ToOwner, toLine, toWireError } from "./share-wire.ts";

/** What the owner opens: it alone touches the folder's data. */
export interface FolderBackend {
  answer(method: string, payload: JsonValue, signal: AbortSignal): Promise<JsonValue>;
  /** Is there such a method? A process of another version may know more; without this all are tried. */
  knows?(method: string): boolean;
  /** Told before the grace for running calls begins: what waits without working may end now. */
  closing?(): void;
  close(): Promise<void>;
}

export interface OwnerDesk {
  call(call: SharedCall): Promise<Outcome>;
  /** Answers a joiner's calls until its socket closes. */
  serve(socket: Socket): void;
  /** Finishes what runs, refuses what comes, sends the joiners away. */
  drain(graceMs: number): Promise<void>;
}

/** How long a joiner may take to say that nothing more will come. */
const FAREWELL_MS = 1_000;

/** Where calls are answered in the process that owns the folder. */
export function createOwnerDesk(backend: Promise<FolderBackend>, log: Logger): OwnerDesk {
  const running = new Map<Promise<unknown>, AbortController>();
  const joiners = new Map<Socket, () => Promise<void>>();
  let closing = false;

  async function call({ method, payload, signal }: SharedCall): Promise<Outcome> {
    if (closing) return { kind: "refused" };
    const controller = new AbortController();
    const abort = () => controller.abort(signal?.reason);
    if (signal?.aborted) abort();
    signal?.addEventListener("abort", abort, { once: true });
    const work = backend.then((opened) => {
      if (opened.knows?.(method) === false) throw notKnown(method);
      return opened.answer(method, payload, controller.signal);
    });
    running.set(work, controller);
    const settled = () => {
      running.delete(work);
      signal?.removeEventListener("abort", abort);
    };
    work.then(settled, settled);
    return { kind: "answered", value: await unlessCancelled(work, { method, signal }) };
  }

  function serve(socket: Socket): void {
    if (closing) {
      send(socket, { closing: true });
      return;
    }
    joiners.set(socket, serveJoiner({ socket, call, log }));
    socket.once("close", () => joiners.delete(socket));
    send(socket, { welcome: true });
  }

  async function drain(graceMs: number): Promise<void> {
    closing = true;
    for (const socket of joiners.keys()) send(socket, { closing: true });
    backend.then(
      (opened) => opened.closing?.(),
      () => {},
    );
    await within(graceMs, Promise.allSettled(running.keys()));
    for (const controller of running.values()) controller.abort();
    await within(FAREWELL_MS, Promise.all([...joiners.values()].map((leave) => leave())));
  }

  return { call, serve, drain };
}

/** What this version lacks, a joiner of another one may ask for. */
function notKnown(method: string): TrestleError {
  return new TrestleError(
    "unsupported",
    `Process ${process.pid}, which owns this folder, is of a version that cannot do "${method}". ` +
      "End it, then try again: whoever asks next takes over, and the data stays.",
  );
}

interface Joiner {
  readonly socket: Socket;
  readonly call: (call: SharedCall) => Promise<Outcome>;
  readonly log: Logger;
}

/** Returns the function that waits for the joiner's last word and for its answers to be written. */
function serveJoiner({ socket, call, log }: Joiner): () => Promise<void> {
  const lines = createLineSplitter();
  const calls = new Map<number, AbortController>();
  const answers = new Set<Promise<void>>();
  const { promise: drained, resolve: lastWord } = Promise.withResolvers<void>();

  function take(message: ToOwner | undefined): void {
    if (!message) return;
    if ("drained" in message) lastWord();
    else if ("cancel" in message) calls.get(message.cancel)?.abort();
    else if ("method" in message) {
      const answering = answer(message);
      answers.add(answering);
      answering.finally(() => answers.delete(answering)).catch(() => {});
    }
  }

  async function answer({ id, method, payload }: Extract<ToOwner, { id: number }>): Promise<void> {
    const controller = new AbortController();
    calls.set(id, controller);
    try {
      const outcome = await call({ method, payload, signal: controller.signal });
      if (outcome.kind === "answered") send(socket, { id, result: outcome.value });
      else send(socket, { id, refused: true });
    } catch (error) {
      send(socket, { id, error: toWireError(error) ?? unexpected(error, method, log) });
    } finally {
      calls.delete(id);
    }
  }

  socket.on("data", (chunk: Buffer) => {
    for (const line of lines.push(chunk).lines) take(fromLine<ToOwner>(line));
  });
  socket.once("close", () => {
    for (const controller of calls.values()) controller.abort();
    lastWord();
  });

  return async () => {
    await drained;
    await Promise.allSettled(answers);
    if (!socket.destroyed) await new Promise<void>((resolve) => socket.end(resolve));
  };
}

function send(socket: Socket, message: ToJoiner): void {
  if (socket.writable) socket.write(toLine(message));
}

/** Its details stay in the log of this process; whoever called learns that there is something to read. */
function unexpected(error: unknown, method: string, log: Logger): JsonObject {
  log.error("A shared call failed unexpectedly", { method, error: messageOf(error) });
  const message = `${method} failed unexpectedly in process ${process.pid}; see its log.`;
  return toWireError(new TrestleError("internal", message));
}
