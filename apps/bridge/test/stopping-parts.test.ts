import type { JsonObject } from "@trestle/protocol";
import { expect, test } from "vitest";
import { startCore } from "./_core.ts";
import { until } from "./_processes.ts";
import { effectsOf } from "./_upstreams.ts";

/** What is made of several calls, when the bridge is told to stop in the middle. */

const step = (key: string) => ({ server: "one", tool: "write", arguments: { key, afterMs: 300 } });
const calls = [step("a"), step("b"), step("c")];

test.each([
  ["a chain", "run_chain", { steps: calls }],
  ["a batch", "batch", { calls, concurrency: 1 }],
])(
  "%s that runs is finished within the grace, by whatever way it came",
  async (_what, name, input) => {
    for (const way of ["operation", "tool"]) {
      const { place, bridge, ask, call } = await startCore();
      const asked = way === "tool" ? call(`bridge__${name}`, input) : ask(name, input);
      await until("it has begun", () => effectsOf(place).length > 0);
      const drained = bridge.drain();
      const late = await call("one__write", { key: "late" }).catch(({ code }) => code);
      expect(late).toBe("unavailable");
      const answer = (await asked) as JsonObject;
      await drained;
      expect(effectsOf(place)).toEqual(["a", "b", "c"]);
      const output = (answer.structuredContent ?? answer) as JsonObject;
      expect(output.success ?? output.failed === 0).toBe(true);
    }
  },
);
