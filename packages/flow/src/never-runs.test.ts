import { expect, test } from "vitest";
import { createFlow } from "./flow.ts";
import { neverRuns } from "./never-runs.ts";
import { parsePlan } from "./schema.ts";

const step = (id: string, more: object = {}) => ({ id, server: "s", tool: "t", ...more });
const never = (...steps: object[]) =>
  neverRuns(createFlow(parsePlan({ name: "c", parallel: true, input: { n: 1 }, steps })));

test("a step whose when is false whatever happens never runs, nor does what needs it", () => {
  expect(
    never(
      step("a", { when: "1 > 2" }),
      step("b", { dependsOn: ["a"] }),
      step("c", { arguments: { from: "${results.b.id}" }, dependsOn: ["a"] }),
      step("d"),
    ),
  ).toEqual([
    { id: "a", because: "its when is never true" },
    { id: "b", because: 'it needs "a", which never runs' },
    { id: "c", because: expect.stringMatching(/^it needs "(a|b)", which never runs$/) },
  ]);
});

test("what a run decides is not known before it", () => {
  expect(
    never(
      step("a", { when: "2 > 1" }),
      step("b", { when: "$n > 1" }),
      step("c", { when: "exists(${results.a.id}) and 1 > 2" }),
    ),
  ).toEqual([]);
});

test("a when that cannot be evaluated is the run's to fail at", () => {
  expect(never(step("a", { when: "1 > 'x'" }))).toEqual([]);
});
