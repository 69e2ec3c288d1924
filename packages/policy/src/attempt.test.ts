import { TrestleError } from "@trestle/protocol";
import { expect, test } from "vitest";
import { createCall, outcomeOf } from "./_parts.ts";
import { attempt } from "./attempt.ts";
import type { Next } from "./call.ts";

/** What stands on the trail of a call whose clock moves by 5 ms with each look. */
async function stagesOf(next: Next) {
  const call = createCall();
  let now = 0;
  call.trail.elapsed = () => (now += 5);
  await outcomeOf(attempt(call, next));
  return call.trail.stages;
}

test.each<[string, string, Next]>([
  ["an answer", "answered", async () => ({ content: [] })],
  ["a failure that the tool reports", "reported a failure", async () => ({ isError: true })],
  [
    "a failure of the server",
    "failed: unavailable",
    () => Promise.reject(new TrestleError("unavailable", "down")),
  ],
])("%s is noted with the time it took", async (_what, decision, next) => {
  expect(await stagesOf(next)).toMatchObject([{ policy: "upstream", decision, ms: 5 }]);
});

test("nothing is noted where nobody keeps the time", async () => {
  const call = createCall();
  expect(await attempt(call, async () => ({ number: 1 }))).toEqual({ number: 1 });
  expect(call.trail.stages).toEqual([]);
});
