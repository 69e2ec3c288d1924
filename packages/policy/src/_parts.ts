import { LOCAL_PRINCIPAL, MODERN_VERSION, type RequestContext } from "@trestle/protocol";
import { type ManualClock, manualClock } from "@trestle/testkit/surroundings";
import { type Call, newTrail } from "./call.ts";

export type TestClock = ManualClock;

/** A clock that moves when told to, from `start`. */
export function createTestClock(start = 1_000): TestClock {
  return manualClock(start);
}

type Changes = Partial<Omit<Call, "context">> & { readonly context?: Partial<RequestContext> };

export function createCall({ context, ...changes }: Changes = {}): Call {
  return {
    executionId: "e1",
    server: "db",
    tool: "run",
    definitionHash: "hash",
    hints: { readOnly: true, destructive: false, idempotent: true, openWorld: false },
    params: { name: "run", arguments: { a: 1 } },
    trail: newTrail(),
    ...changes,
    context: {
      principal: LOCAL_PRINCIPAL,
      signal: new AbortController().signal,
      client: { era: "modern", protocolVersion: MODERN_VERSION, capabilities: {} },
      ...context,
    },
  };
}

export const writing = { readOnly: false, destructive: true, idempotent: false, openWorld: true };

/** Lets everything run that only waits for promises. */
export async function settle(): Promise<void> {
  for (let turn = 0; turn < 50; turn += 1) await Promise.resolve();
}

/** Moves the clock on in steps, so that whatever waits for a promise in between comes to its turn. */
export async function pass(clock: TestClock, ms: number, step = ms): Promise<void> {
  await settle();
  for (let left = ms; left > 0; left -= step) {
    clock.advance(Math.min(step, left));
    await settle();
  }
}

/** What a promise came to: its value, or the error it was rejected with. */
export function outcomeOf<T>(work: Promise<T>): Promise<T | { readonly error: unknown }> {
  return work.catch((error: unknown) => ({ error }));
}
