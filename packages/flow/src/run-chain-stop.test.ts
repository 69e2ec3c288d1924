import { describe, expect, test } from "vitest";
import { createManualClock, createTools, step, structured, untilAborted } from "./_run-chain.ts";
import { runChain } from "./run-chain.ts";

describe("a chain that is stopped from outside", () => {
  const chain = { name: "c", steps: [step("slow"), step("after")] };

  test("by its signal cancels the call and skips the rest", async () => {
    const controller = new AbortController();
    const { calls, callTool } = createTools({
      slow(args, signal) {
        queueMicrotask(() => controller.abort());
        return untilAborted(args, signal);
      },
    });
    const answer = await runChain(chain, { callTool, signal: controller.signal });
    expect(answer).toMatchObject({ success: false, outcome: "cancelled", completed_steps: 0 });
    expect(answer.steps[1]).toMatchObject({ skipped: true, reason: "it was cancelled" });
    expect(calls.length).toBe(1);
  });

  test("before it began calls nothing", async () => {
    const { calls, callTool } = createTools({});
    const answer = await runChain(chain, { callTool, signal: AbortSignal.abort() });
    expect(answer).toMatchObject({ outcome: "cancelled" });
    expect(answer.steps.every(({ skipped }) => skipped)).toBe(true);
    expect(calls).toEqual([]);
  });

  test("by its own timeout says so, and leaves no timer", async () => {
    const { clock, pass, timers } = createManualClock();
    const { callTool } = createTools({
      slow(args, signal) {
        queueMicrotask(() => pass(5_000));
        return untilAborted(args, signal);
      },
    });
    const answer = await runChain({ ...chain, timeout: 5_000 }, { callTool, clock });
    expect(answer).toMatchObject({ outcome: "timed_out", total_duration_ms: 5_000 });
    expect(answer.steps[1]?.reason).toBe("the time was up");
    expect(timers.size).toBe(0);
  });

  test("does not wait for a call that ignores its end: its outcome is unknown", async () => {
    const { clock, pass } = createManualClock();
    const controller = new AbortController();
    const { callTool } = createTools({
      slow(_args, signal) {
        signal.addEventListener("abort", () => queueMicrotask(() => pass(2_000)));
        queueMicrotask(() => controller.abort());
        return new Promise(() => {});
      },
    });
    const answer = await runChain(chain, { callTool, clock, signal: controller.signal });
    expect(answer.steps[0]?.error).toMatchObject({ code: "outcome_unknown" });
  });

  test("after its end is not touched", async () => {
    const controller = new AbortController();
    const { callTool } = createTools({ slow: () => structured(1), after: () => structured(2) });
    const answer = await runChain(chain, { callTool, signal: controller.signal });
    controller.abort();
    expect(answer).toMatchObject({ success: true, completed_steps: 2 });
  });
});
