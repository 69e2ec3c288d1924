import { TrestleError } from "@trestle/protocol";

/** Waits for the work, but no longer than the signal allows; work that ignores it goes on unwatched. */
export async function untilAborted<Value>(
  work: Promise<Value>,
  signal: AbortSignal,
): Promise<Value> {
  let stopListening = () => {};
  const aborted = new Promise<never>((_resolve, reject) => {
    const onAbort = () =>
      reject(new TrestleError("cancelled", "The call was cancelled before it finished."));
    if (signal.aborted) onAbort();
    else signal.addEventListener("abort", onAbort, { once: true });
    stopListening = () => signal.removeEventListener("abort", onAbort);
  });
  try {
    return await Promise.race([work, aborted]);
  } finally {
    stopListening();
    work.catch(() => {});
  }
}
