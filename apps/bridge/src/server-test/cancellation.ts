import type { JsonValue } from "@trestle/protocol";
import { type Finding, fail, ok, skipped, warn } from "./check.ts";
import { type Callable, NOTHING_TO_CALL, type Subject } from "./conformance.ts";
import type { Between } from "./exchange.ts";

/** A call that takes less long may be done before its server reads that it was cancelled. */
const LASTING_MS = 300;
const LONGEST_WAIT_MS = 5_000;

/** A cancelled call stops: it has no answer, and the next one has. */
export async function checkCancelling(subject: Subject, between: Between): Promise<Finding> {
  const { view, opened } = subject;
  const [called, usualMs] = slowest(subject);
  if (!called) return skipped(NOTHING_TO_CALL);
  const { clock } = opened.bridge.core;
  const params = { name: called.exposedName, arguments: called.arguments };
  const stop = new AbortController();
  const answered = Promise.withResolvers<"answered" | "silent">();
  let id: JsonValue | undefined;
  const unwatch = between.watch((message, from) => {
    if (from === "bridge" && message.method === "tools/call") {
      id ??= message.id;
      // The server gets the call first, and at once that it is not wanted any more.
      stop.abort(new Error("cancelled by trestle test"));
    }
    const isAnswer = from === "server" && message.method === undefined && message.id === id;
    if (isAnswer && id !== undefined) answered.resolve("answered");
  });
  const cancelWait = clock.after(Math.min(usualMs * 2 + 500, LONGEST_WAIT_MS), () =>
    answered.resolve("silent"),
  );
  try {
    const begun = clock.now();
    const seen = await view.request("tools/call", params, stop.signal);
    if (seen.result !== undefined) return fail("its client got an answer all the same");
    const then = await answered.promise;
    const tookMs = clock.now() - begun;
    const next = await view.request("tools/call", params);
    if (next.result === undefined) return fail(`the call after it: ${next.text}`);
    if (then === "silent") return ok("no answer; the next call has one");
    const isLate = usualMs >= LASTING_MS && tookMs >= usualMs * 0.7;
    return isLate
      ? warn(`it is not stopped: the answer came after ${Math.round(tookMs)} ms, as it always does`)
      : ok("it was answered by then; the next call has its answer");
  } finally {
    unwatch();
    cancelWait();
  }
}

/** The longer a call takes, the more its end tells. A write is called only where there is nothing else. */
function slowest({ callable, tookMs }: Subject): [called: Callable | undefined, ms: number] {
  const reads = callable.filter(({ tool }) => tool.hints.readOnly);
  const ms = (called: Callable): number => tookMs.get(called) ?? 0;
  const [called] = (reads.length > 0 ? reads : callable).toSorted((a, b) => ms(b) - ms(a));
  return [called, called ? ms(called) : 0];
}
