import { describe, expect, test } from "vitest";
import { createFlow } from "./flow.ts";
import { parsePlan } from "./schema.ts";

const step = (more: object = {}) => ({ server: "s", tool: "t", ...more });
const chain = (steps: object[], more: object = {}) => ({ name: "c", steps, ...more });
const check = (definition: unknown) => createFlow(parsePlan(definition));

test("defaults are applied once, and the plan is plain data", () => {
  const plan = parsePlan(chain([step({ params: { a: 1 } }), step({ id: "last" })]));
  expect(JSON.parse(JSON.stringify(plan))).toEqual(plan);
  expect(plan).toEqual({
    name: "c",
    input: {},
    mode: "ordered",
    concurrency: 1,
    failFast: true,
    steps: [
      { id: "step_1", server: "s", tool: "t", arguments: { a: 1 }, dependsOn: [], onError: "fail" },
      { id: "last", server: "s", tool: "t", arguments: {}, dependsOn: [], onError: "fail" },
    ],
  });
});

describe("a chain is a DAG", () => {
  test("where it says parallel", () => {
    expect(parsePlan(chain([step()], { parallel: true }))).toMatchObject({
      mode: "dag",
      concurrency: 8,
    });
  });

  test("where a step carries dependsOn; parallel: false then runs one at a time", () => {
    const steps = [step(), step({ dependsOn: ["step_1"] })];
    expect(parsePlan(chain(steps))).toMatchObject({ mode: "dag", concurrency: 8 });
    expect(parsePlan(chain(steps, { parallel: false }))).toMatchObject({
      mode: "dag",
      concurrency: 1,
    });
  });

  test("and what a step refers to it waits for, without saying so", () => {
    const { steps } = check(
      chain(
        [
          step({ id: "b", arguments: { x: "${results.a.x}", y: "$step_3" }, dependsOn: ["d"] }),
          step({ id: "a" }),
          step({ id: "c" }),
          step({ id: "d" }),
        ],
        { parallel: true },
      ),
    );
    expect(steps.get("b")?.waitsFor).toEqual(["d", "a", "c"]);
    expect(steps.get("a")?.waitsFor).toEqual([]);
  });
});

describe("a refusal names the place and what to do", () => {
  test.each<[string, unknown, RegExp]>([
    ["no object", [], /The chain must be an object, not a list/],
    ["nothing at all", undefined, /The chain must be an object, not nothing/],
    ["null", null, /The chain must be an object, not null/],
    [
      "an unknown key far from all others",
      chain([step()], { zzzzzzzzzz: 1 }),
      /is no key here; known: /,
    ],
    ["a timeout that is an object", chain([step()], { timeout: {} }), /found an object/],
    ["no name", { steps: [step()] }, /The chain, name: is missing/],
    ["no steps", { name: "c" }, /The chain, steps: needs at least one/],
    ["an unknown key", chain([step()], { failfast: true }), /failfast: .*did you mean "fail_fast"/],
    ["a bad timeout", chain([step()], { timeout: "5s" }), /timeout: expected a whole number.*"5s"/],
    ["a step that is none", chain([step(), 7 as never]), /Step 2 must be an object, not 7/],
    [
      "an unknown key of a step",
      chain([step(), step({ id: "x", depends_on: [] })]),
      /Step 2 \("x"\), depends_on: .*did you mean "dependsOn"/,
    ],
    ["no tool", chain([{ server: "s" }]), /Step 1, tool: is missing/],
    ["arguments that are none", chain([step({ arguments: [1] })]), /arguments: expected an object/],
    ["both words", chain([step({ arguments: {}, params: {} })]), /another word for arguments/],
    ["a bad onError", chain([step({ onError: "ignore" })]), /expected one of fail, continue, skip/],
    ["a bad id", chain([step({ id: "a b" })]), /expected a letter/],
    ["the id of another position", chain([step({ id: "step_2" })]), /means another step/],
    [
      "a duplicate id",
      chain([step({ id: "a" }), step({ id: "a" })]),
      /Step 2, id: "a" is the id of step 1 too/,
    ],
    ["a dependsOn of no text", chain([step({ dependsOn: [1] })]), /ids of steps as texts/],
    ["a reserved input", chain([step()], { input: { step_1: 1 } }), /"step_1" has a meaning/],
    [
      "an unknown dependency",
      chain([step({ id: "fetch" }), step({ dependsOn: ["fetsh"] })]),
      /Step "step_2", dependsOn: there is no step "fetsh"; did you mean "fetch"/,
    ],
    ["a step that waits for itself", chain([step({ dependsOn: ["step_1"] })]), /wait for itself/],
    [
      "a circle",
      chain([
        step({ id: "a", dependsOn: ["c"] }),
        step({ id: "b", dependsOn: ["a"] }),
        step({ id: "c", arguments: { x: "${results.b}" } }),
        step({ id: "d", dependsOn: ["c"] }),
      ]),
      /a → c → b → a/,
    ],
    [
      "$last_result in a DAG",
      chain([step(), step({ arguments: { x: "$last_result" } })], { parallel: true }),
      /Step "step_2": \$last_result has no meaning where steps run at once; write \$\{results\.STEP\}/,
    ],
    ["$last_result first", chain([step({ arguments: { x: "$last_result" } })]), /the first step/],
    [
      "a look forward",
      chain([step({ arguments: { x: "$step_2.a" } }), step()]),
      /Step "step_1": \$step_2\.a looks forward/,
    ],
    ["its own result", chain([step(), step({ when: "$step_2.ok" })]), /this step's own result/],
    [
      "an unknown input",
      chain([step({ arguments: { q: { deep: ["${input.citi}"] } } })], { input: { city: 1 } }),
      /Step "step_1", arguments\.q\.deep\[0\]: \$\{input\.citi\}.*"city"/,
    ],
    ["a bad condition", chain([step({ when: "1 = 1" })]), /Step "step_1", when: .*character 3/],
    ["too many steps", chain(Array.from({ length: 101 }, () => step())), /at most 100 steps/],
  ])("%s", (_name, definition, message) => {
    expect(() => check(definition)).toThrow(message);
    expect(() => check(definition)).toThrow(expect.objectContaining({ code: "invalid_input" }));
  });
});

test("a key that says null or undefined is one that was not given", () => {
  const plan = parsePlan(
    chain([step({ arguments: { a: undefined, b: null } })], { timeout: null }),
  );
  expect(plan).not.toHaveProperty("timeoutMs");
  expect(createFlow(plan).steps.get("step_1")?.template).toEqual({
    kind: "value",
    value: { b: null },
  });
});

test("inputs of a run may replace declared ones and add none", () => {
  const flow = check(chain([step()], { input: { city: "Berlin", limit: 3 } }));
  expect(flow.begin({ input: { city: "Rom" } }).values).toEqual({
    input: { city: "Rom", limit: 3 },
  });
  expect(() => flow.begin({ input: { town: "Rom" } })).toThrow(/"town" is not declared/);
  expect(() => flow.begin({ input: "x" })).toThrow(/must be an object/);
});
