// biome-ignore-all lint/suspicious/noTemplateCurlyInString: references are written so
import { createWorkflow } from "@trestle/flow";
import { describe, expect, test } from "vitest";
import { readDefinition } from "./read.ts";
import { workflowJsonSchema } from "./schema.ts";
import { toPlan } from "./to-plan.ts";

const YAML = `
id: deploy
input:
  service: web
steps:
  - id: build
    server: ci
    tool: build
    arguments: { service: $service }
    timeout: 10m
  - id: ask
    type: approval
    message: Put it out?
    timeout: 1d
    dependsOn: [build]
  - id: roll_out
    server: cloud
    tool: deploy
    arguments: { image: "\${results.build.image}" }
    dependsOn: [ask]
    retry: { attempts: 3, backoff: 2s }
    until: { condition: "\${result.state} == 'live'", interval: 10s }
    compensate: { server: cloud, tool: roll_back, arguments: { id: "\${result.id}" } }
    onError: compensate
`;

const task = { id: "a", server: "s", tool: "t" };

describe("a definition", () => {
  test("is read from YAML, and means what the same JSON means", () => {
    const fromYaml = toPlan(readDefinition(YAML));
    expect(fromYaml).toMatchObject({ name: "deploy", mode: "dag", input: { service: "web" } });
    expect(fromYaml.steps[0]).toMatchObject({ timeoutMs: 600_000, retry: { attempts: 1 } });
    expect(fromYaml.steps[2]).toMatchObject({
      retry: { attempts: 3, backoffMs: 2_000 },
      until: { intervalMs: 10_000, timeoutMs: 600_000 },
    });
    const definition = readDefinition(YAML);
    expect(toPlan(readDefinition(JSON.stringify(definition)))).toEqual(fromYaml);
    expect(createWorkflow(fromYaml).dependants.get("build")).toEqual(["ask", "roll_out"]);
  });

  test("declares its input by a schema, whose defaults count", () => {
    const input = {
      type: "object",
      properties: { town: { type: "string", default: "Porto" }, guests: { type: "integer" } },
    };
    expect(toPlan(readDefinition({ id: "w", input, steps: [task] })).input).toEqual({
      town: "Porto",
      guests: null,
    });
  });

  test("whose steps say nothing of each other runs them in order", () => {
    const steps = [
      { server: "s", tool: "a" },
      { server: "s", tool: "b" },
    ];
    expect(toPlan(readDefinition({ id: "w", steps })).mode).toBe("ordered");
    expect(toPlan(readDefinition({ id: "w", steps, parallel: true })).mode).toBe("dag");
  });
});

describe("a definition is refused", () => {
  test.each<[string, unknown, string]>([
    ["that is no workflow", 7, "it: "],
    ["that is no JSON and no YAML", "{ a: [", "neither JSON nor YAML"],
    ["with a key twice", "id: w\nid: v\nsteps: []", "neither JSON nor YAML"],
    ["without steps", { id: "w", steps: [] }, "steps: "],
    [
      "with a word that nobody knows",
      { id: "w", steps: [{ ...task, dependson: [] }] },
      'step 1 ("a")',
    ],
    [
      "with a duration that is none",
      { id: "w", steps: [{ ...task, timeout: "soon" }] },
      'step 1 ("a"), timeout',
    ],
  ])("%s", (_, definition, problem) => {
    expect(() => readDefinition(definition)).toThrow(problem);
  });

  test.each<[string, object, string]>([
    ["a task without a tool", { id: "a", server: "s" }, 'Step "a", tool: is missing'],
    [
      "a wait with a tool",
      { ...task, type: "wait", for: 5 },
      "means nothing to a step of type wait",
    ],
    ["a wait for nothing", { id: "a", type: "wait" }, "needs for (a time) or signal"],
    ["a map of nothing", { ...task, type: "map" }, "a map needs a list"],
    [
      "two words for one thing",
      { ...task, arguments: {}, params: {} },
      "another word for arguments",
    ],
  ])("where a step is %s", (_, step, problem) => {
    expect(() => toPlan(readDefinition({ id: "w", steps: [step] }))).toThrow(problem);
  });

  test("where two steps have one id", () => {
    expect(() => toPlan(readDefinition({ id: "w", steps: [task, task] }))).toThrow("unique");
  });

  test("where steps wait for each other, or refer to what is not there", () => {
    const circle = [
      { ...task, dependsOn: ["b"] },
      { ...task, id: "b", dependsOn: ["a"] },
    ];
    const lost = [{ ...task, arguments: { x: "${results.nobody.x}" } }];
    const make = (steps: object[]) => createWorkflow(toPlan(readDefinition({ id: "w", steps })));
    expect(() => make(circle)).toThrow("a → b → a");
    expect(() => make(lost)).toThrow("names no step of this chain");
  });

  test("whose aliases would fill the memory", () => {
    const lines = Array.from(
      { length: 40 },
      (_, at) => `k${at + 1}: &k${at + 1} [*k${at}, *k${at}]`,
    );
    expect(() => readDefinition(`k0: &k0 [x]\n${lines.join("\n")}`)).toThrow(
      "neither JSON nor YAML",
    );
  });
});

test("the rules are there as JSON Schema, for editors", () => {
  expect(workflowJsonSchema()).toMatchObject({
    type: "object",
    required: ["id", "steps"],
    properties: { steps: { type: "array" } },
  });
});
