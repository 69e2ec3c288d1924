import { type JsonValue, TrestleError } from "@trestle/protocol";

/** What became of one call handed to whoever owns the folder. A failure of the call itself is thrown. */
export type Outcome =
  | { readonly kind: "answered"; readonly value: JsonValue }
  /** Surely never begun: the owner is closing. */
  | { readonly kind: "refused" }
  /** The owner is gone; the call may have had effects. */
  | { readonly kind: "lost" };

export interface SharedCall {
  readonly method: string;
  readonly payload: JsonValue;
  readonly signal?: AbortSignal | undefined;
}

/** Whoever answers now: this process itself, or the link to the one that does. */
export interface Peer {
  readonly role: "owner" | "joined";
  readonly pid: number;
  call(call: SharedCall): Promise<Outcome>;
  /** Settles when this peer answers no more. */
  readonly ended: Promise<void>;
  /** Lets running calls go on for so many milliseconds. */
  close(graceMs: number): Promise<void>;
}

/** The same promise for one who may stop waiting: rejects with `cancelled` on abort, leaving the work alone. */
export function unlessCancelled<Value>(
  work: Promise<Value>,
  { method, signal }: { readonly method: string; readonly signal?: AbortSignal | undefined },
): Promise<Value> {
  if (!signal) return work;
  return new Promise((resolve, reject) => {
    const cancel = () => reject(new TrestleError("cancelled", `${method} was cancelled.`));
    if (signal.aborted) cancel();
    signal.addEventListener("abort", cancel, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener("abort", cancel));
  });
}

/** Waits for the work, and no longer than so many milliseconds; tells whether it came in time. */
export async function within(ms: number, work: Promise<unknown>): Promise<boolean> {
  const { promise: timeUp, resolve } = Promise.withResolvers<false>();
  const timer = setTimeout(resolve, ms, false);
  const inTime = await Promise.race([work.then(() => true), timeUp]);
  clearTimeout(timer);
  return inTime;
}
