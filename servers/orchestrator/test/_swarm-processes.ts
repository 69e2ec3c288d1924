import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { setTimeout as pause } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import type { ErrorCode } from "@trestle/protocol";
import { TrestleError } from "@trestle/protocol";
import type { SeededRandom } from "@trestle/testkit/surroundings";
import { onTestFinished } from "vitest";
import type { SwarmEvent, Swarms } from "../src/swarms/swarms.ts";

export type Asked =
  | {
      readonly number: number;
      readonly method: keyof Swarms;
      readonly given: readonly unknown[];
    }
  | { readonly skew: number };

export type Told =
  | { readonly ready: true }
  | { readonly event: SwarmEvent }
  | { readonly number: number; readonly answer: unknown }
  | { readonly number: number; readonly code: string; readonly message: string };

/** No answer came: the process is gone, or stopped. What was asked may have been done, or may be done yet. */
export class NoAnswer extends Error {}

const program = fileURLToPath(new URL("./_shared-swarm.ts", import.meta.url));
const ANSWER_MS = 4_000;

interface Waiting {
  readonly resolve: (answer: unknown) => void;
  readonly reject: (error: Error) => void;
}

async function startOne(words: readonly string[], onEvent: (event: SwarmEvent) => void) {
  const child: ChildProcess = fork(program, words, {
    stdio: ["ignore", "ignore", "inherit", "ipc"],
  });
  const waiting = new Map<number, Waiting>();
  let asked = 0;
  const { promise: ready, resolve: begin } = Promise.withResolvers<void>();
  const settle = (number: number, end: (waiting: Waiting) => void) => {
    const found = waiting.get(number);
    waiting.delete(number);
    if (found !== undefined) end(found);
  };
  child.on("message", (told: Told) => {
    if ("ready" in told) begin();
    else if ("event" in told) onEvent(told.event);
    else if ("answer" in told) settle(told.number, ({ resolve }) => resolve(told.answer));
    else {
      const refusal = new TrestleError(told.code as ErrorCode, told.message);
      settle(told.number, ({ reject }) => reject(refusal));
    }
  });
  child.on("error", () => {});
  const exited = once(child, "exit").then(() => {
    for (const number of [...waiting.keys()])
      settle(number, ({ reject }) => reject(new NoAnswer()));
  });
  await ready;
  return {
    child,
    exited,
    ask(method: keyof Swarms, given: readonly unknown[]): Promise<unknown> {
      if (!child.connected) return Promise.reject(new NoAnswer());
      const { promise, resolve, reject } = Promise.withResolvers<unknown>();
      asked += 1;
      const number = asked;
      waiting.set(number, { resolve, reject });
      const late = setTimeout(() => settle(number, () => reject(new NoAnswer())), ANSWER_MS);
      const over = () => clearTimeout(late);
      promise.then(over, over);
      child.send({ number, method, given } satisfies Asked, () => {});
      return promise;
    },
  };
}

type One = Awaited<ReturnType<typeof startOne>>;

/** Processes that share a database, and what befalls them. */
export async function startProcesses(
  count: number,
  words: readonly string[],
  onEvent: (event: SwarmEvent) => void,
) {
  const start = () => startOne(words, onEvent);
  const all: One[] = await Promise.all(Array.from({ length: count }, start));
  onTestFinished(async () => {
    for (const { child } of all) child.kill("SIGKILL");
    await Promise.all(all.map(({ exited }) => exited));
  });
  return {
    /** Any of them, for each call another. */
    swarms(chance: SeededRandom): Swarms {
      return new Proxy({} as Swarms, {
        get:
          (_, method) =>
          (...given: unknown[]) =>
            chance.pick(all).ask(method as keyof Swarms, given),
      });
    },
    async kill(at: number): Promise<void> {
      const one = all[at];
      one?.child.kill("SIGKILL");
      await one?.exited;
      all[at] = await start();
    },
    async stop(at: number, ms: number): Promise<void> {
      const one = all[at];
      one?.child.kill("SIGSTOP");
      await pause(ms);
      one?.child.kill("SIGCONT");
    },
    skew(at: number, skew: number): void {
      all[at]?.child.send({ skew } satisfies Asked);
    },
  };
}
