import { type Call, type Next, note, type Policy } from "./call.ts";
import { codeOf } from "./faults.ts";

/** Notes how each attempt ended and how long it took. The innermost policy: what it waits for is the upstream. */
export const attempt: Policy = async function attempt(call, next) {
  const { elapsed } = call.trail;
  return elapsed === undefined ? next(call) : timed(call, next, elapsed);
};

async function timed(call: Call, next: Next, elapsed: () => number) {
  const begun = elapsed();
  const ended = (decision: string) => note(call, "upstream", decision, elapsed() - begun);
  try {
    const result = await next(call);
    ended(result.isError === true ? "reported a failure" : "answered");
    return result;
  } catch (error) {
    ended(`failed: ${codeOf(error)}`);
    throw error;
  }
}
