import {
  type Clock,
  isJsonObject,
  type JsonObject,
  type Logger,
  messageOf,
  parseJson,
  TrestleError,
} from "@trestle/protocol";
import { type Bus, fromWireError, toWireError } from "@trestle/store";
import type { Replicas } from "./replicas.ts";

export interface AskOptions {
  readonly signal?: AbortSignal;
  /** Given what the other one says before its answer. */
  readonly onPart?: (part: JsonObject) => void;
}

export interface Asked {
  readonly payload: JsonObject;
  /** Aborted when whoever asked has left. */
  readonly signal: AbortSignal;
  /** Says something before the answer. */
  tell(part: JsonObject): void;
}

export type AnswerPeer = (asked: Asked) => Promise<JsonObject>;

/** Questions from one replica to another. */
export interface Peers {
  /**
   * Rejects with what the other one threw; with `unavailable` where it is not there, and `outcome_unknown` where it
   * goes before it has answered.
   */
  ask(
    replica: string,
    method: string,
    payload: JsonObject,
    options?: AskOptions,
  ): Promise<JsonObject>;
  answer(method: string, answer: AnswerPeer): void;
  close(): void;
}

export interface PeersParts {
  readonly bus: Bus;
  readonly replica: string;
  readonly replicas: Replicas;
  readonly clock: Clock;
  readonly log: Logger;
  readonly newId: () => string;
}

type Message =
  | { readonly ask: string; readonly from: string; readonly method: string; payload: JsonObject }
  | { readonly leave: string }
  | { readonly heard: string }
  | { readonly part: string; readonly payload: JsonObject }
  | { readonly done: string; readonly result?: JsonObject; readonly error?: JsonObject };

interface Pending {
  readonly replica: string;
  readonly onPart: (part: JsonObject) => void;
  /** Asks, over and over until the other one has heard it. */
  insist(): void;
  heard(): void;
  resolve(result: JsonObject): void;
  reject(error: unknown): void;
}

/** A question is asked again until it is heard, and after a gap; who has answered it before says the same again for so long. */
const REMEMBER_MS = 60_000;
/** Redis takes what nobody hears at the moment: the other one may be on its way back to it. */
const AGAIN_MS = 1_000;
/** For one that is not known; together about as long as two beats. */
const LOOKS = 5;
const LOOK_MS = 600;

/** Over the bus. What it swallowed is asked again, and never done twice. */
export async function createPeers(parts: PeersParts): Promise<Peers> {
  const { bus, replica, replicas, clock, log, newId } = parts;
  const pending = new Map<string, Pending>();
  const answering = createAnswering(parts, send);
  const topicOf = (other: string): string => `peer:${other}`;

  function insisting(work: () => void) {
    let stop = (): void => {};
    function insist(): void {
      stop();
      work();
      stop = clock.after(AGAIN_MS, insist);
    }
    return { insist, stop: () => stop() };
  }

  function send(to: string, message: Message): void {
    bus.publish(topicOf(to), JSON.stringify(message));
  }

  function hear(text: string): void {
    const message = read(text);
    if (message === undefined) return;
    if ("ask" in message) void answering.begin(message);
    else if ("leave" in message) answering.leave(message.leave);
    else if ("heard" in message) pending.get(message.heard)?.heard();
    else if ("part" in message) pending.get(message.part)?.onPart(message.payload);
    else take(message);
  }

  function take({ done, result, error }: Extract<Message, { done: string }>): void {
    const question = pending.get(done);
    if (error !== undefined) question?.reject(fromWireError(error));
    else question?.resolve(result ?? {});
  }

  /** Who is gone answers nothing any more. */
  function giveUp(): void {
    for (const one of [...pending.values()]) {
      if (!replicas.isAlive(one.replica)) one.reject(lost());
    }
    answering.leaveDead();
  }

  const unsubscribe = await bus.subscribe(topicOf(replica), {
    onMessage: hear,
    onGap() {
      for (const { insist } of pending.values()) insist();
    },
  });
  const unwatch = replicas.onLook(giveUp);

  return {
    async ask(other, method, payload, { signal, onPart = () => {} } = {}) {
      if (!(await isThere(other, parts))) throw notThere();
      const id = newId();
      const question: Message = { ask: id, from: replica, method, payload };
      const { promise, resolve, reject } = Promise.withResolvers<JsonObject>();
      const leave = (): void => {
        send(other, { leave: id });
        reject(signal?.reason);
      };
      const { insist, stop } = insisting(() => send(other, question));
      pending.set(id, { replica: other, onPart, insist, heard: stop, resolve, reject });
      signal?.addEventListener("abort", leave, { once: true });
      insist();
      try {
        return await promise;
      } finally {
        stop();
        pending.delete(id);
        signal?.removeEventListener("abort", leave);
      }
    },
    answer: answering.add,
    close() {
      unwatch();
      unsubscribe();
      for (const { reject } of [...pending.values()]) reject(lost());
      answering.close();
      log.debug("No replica is asked any more");
    },
  };
}

/** One that has just started, or that Redis has just lost, is not known yet: it says within a moment that it is there. */
async function isThere(other: string, { replicas, clock }: PeersParts): Promise<boolean> {
  for (let look = 0; look < LOOKS; look += 1) {
    if (replicas.isAlive(other)) return true;
    if (look > 0) await new Promise<void>((resolve) => clock.after(LOOK_MS, resolve));
    await replicas.beat();
  }
  return replicas.isAlive(other);
}

function createAnswering(
  { clock, log, replicas }: PeersParts,
  send: (to: string, message: Message) => void,
) {
  const methods = new Map<string, AnswerPeer>();
  const running = new Map<
    string,
    { readonly from: string; readonly controller: AbortController }
  >();
  const given = new Map<string, Message>();

  async function work(
    { ask, from, method, payload }: Extract<Message, { ask: string }>,
    signal: AbortSignal,
  ): Promise<Message> {
    try {
      const answer = methods.get(method);
      if (answer === undefined) throw new TrestleError("unsupported", `Nobody answers ${method}.`);
      const tell = (part: JsonObject): void => send(from, { part: ask, payload: part });
      return { done: ask, result: await answer({ payload, signal, tell }) };
    } catch (error) {
      const known = toWireError(error);
      if (known === undefined) log.error("A replica was not answered", { error: messageOf(error) });
      return { done: ask, error: known ?? { code: "internal", message: "Something went wrong." } };
    }
  }

  return {
    add: (method: string, answer: AnswerPeer): void => void methods.set(method, answer),
    async begin(message: Extract<Message, { ask: string }>): Promise<void> {
      const { ask, from } = message;
      const before = given.get(ask);
      send(from, before ?? { heard: ask });
      if (before !== undefined || running.has(ask)) return;
      const controller = new AbortController();
      running.set(ask, { from, controller });
      const answer = await work(message, controller.signal);
      running.delete(ask);
      given.set(ask, answer);
      clock.after(REMEMBER_MS, () => given.delete(ask));
      send(from, answer);
    },
    leave(ask: string): void {
      running.get(ask)?.controller.abort(left());
    },
    /** For whom nobody is there any more. */
    leaveDead(): void {
      for (const { from, controller } of running.values()) {
        if (!replicas.isAlive(from)) controller.abort(left());
      }
    },
    close(): void {
      for (const { controller } of running.values()) controller.abort(lost());
    },
  };
}

function read(text: string): Message | undefined {
  try {
    const value = parseJson(text);
    return isJsonObject(value) ? (value as unknown as Message) : undefined;
  } catch {
    return undefined;
  }
}

function notThere(): TrestleError {
  return new TrestleError("unavailable", "The bridge that has this is not there any more.");
}

function left(): TrestleError {
  return new TrestleError("cancelled", "Whoever asked has left.");
}

function lost(): TrestleError {
  return new TrestleError(
    "outcome_unknown",
    "The bridge that was at work on this went before it said how it ended. Check with a read before you call again.",
  );
}
