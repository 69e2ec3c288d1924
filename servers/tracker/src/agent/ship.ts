import { retryDelay } from "@trestle/events";
import { type Clock, type Logger, messageOf, TrestleError } from "@trestle/protocol";
import type { Spool } from "./spool.ts";
import { AGENT_PATH, answerShape } from "./wire.ts";

export interface ShipParts {
  readonly spool: Spool;
  /** Of the tracker. */
  readonly url: string;
  readonly key: string;
  readonly clock: Clock;
  readonly random: () => number;
  readonly log: Logger;
}

/** Delivers what waits in the spool, in its order, and tells from time to time that the agent lives. */
export interface Shipper {
  /** Throws `denied` where the tracker does not know the key, `unavailable` where it cannot be reached. */
  greet(): Promise<void>;
  /** Delivers until it is closed. */
  run(): Promise<void>;
  /** What it was that failed last; undefined while all is well. */
  readonly trouble: string | undefined;
  close(): void;
}

const REQUEST_BYTES = 2 ** 20;
const TIMEOUT_MS = 30_000;
const ALIVE_MS = 30_000;
const LONGEST_WAIT_MS = 60_000;

export function createShipper(parts: ShipParts): Shipper {
  const { spool, url, key, clock, random, log } = parts;
  const address = new URL(AGENT_PATH, url);
  const abort = new AbortController();
  let trouble: string | undefined;

  /** Resolves with how many of them are stored. */
  async function send(bodies: readonly string[]): Promise<number> {
    const answer = await request(`{"protocol":1,"messages":[${bodies.join(",")}]}`);
    const parsed = answerShape.safeParse(await answer.json().catch(() => undefined));
    if (answer.status === 401 || answer.status === 403) throw unknownKey();
    if (!parsed.success)
      throw unavailable(`it answered HTTP ${answer.status}, which no tracker does`);
    const { done, error } = parsed.data;
    if (error !== undefined && done === 0) throw unavailable(error.message);
    return done;
  }

  async function request(body: string): Promise<Response> {
    const signal = AbortSignal.any([abort.signal, AbortSignal.timeout(TIMEOUT_MS)]);
    const headers = { authorization: `Bearer ${key}`, "content-type": "application/json" };
    try {
      return await fetch(address, { method: "POST", headers, body, signal, redirect: "error" });
    } catch (error) {
      const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
      throw unavailable(messageOf(cause));
    }
  }

  function unknownKey(): TrestleError {
    return new TrestleError(
      "denied",
      `The tracker at ${address.origin} does not know this key: make one there with "trestle-tracker agents add NAME", and set the variable that the agent's file names to it.`,
    );
  }

  function unavailable(why: string): TrestleError {
    return new TrestleError(
      "unavailable",
      `The tracker at ${address.origin} takes nothing: ${why}.`,
    );
  }

  async function deliver(): Promise<void> {
    const waiting = spool.next(REQUEST_BYTES);
    const done = await send(waiting.map(({ body }) => body));
    const last = waiting[done - 1];
    if (last !== undefined) await spool.remove(last.n);
  }

  /** Until something is to be done, or it is time for a sign of life. */
  async function idle(): Promise<void> {
    const controller = new AbortController();
    const signal = AbortSignal.any([abort.signal, controller.signal]);
    const added = spool.added(signal);
    const cancel = clock.after(ALIVE_MS, () => controller.abort());
    if (spool.waiting.messages > 0 || abort.signal.aborted) controller.abort();
    await added;
    cancel();
  }

  function pause(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const done = () => {
        cancel();
        abort.signal.removeEventListener("abort", done);
        resolve();
      };
      const cancel = clock.after(ms, done);
      abort.signal.addEventListener("abort", done);
    });
  }

  return {
    async greet() {
      await send([]);
    },
    async run() {
      let failures = 0;
      while (!abort.signal.aborted) {
        try {
          await deliver();
          if (trouble !== undefined) log.info("the tracker takes what is sent again");
          trouble = undefined;
          failures = 0;
        } catch (error) {
          if (abort.signal.aborted) return;
          failures += 1;
          if (messageOf(error) !== trouble) log.warn(messageOf(error));
          trouble = messageOf(error);
          await pause(Math.min(LONGEST_WAIT_MS, retryDelay(failures, random)));
          continue;
        }
        if (spool.waiting.messages === 0) await idle();
      }
    },
    get trouble() {
      return trouble;
    },
    close: () => abort.abort(),
  };
}
