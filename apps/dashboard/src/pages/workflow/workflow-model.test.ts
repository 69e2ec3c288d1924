// biome-ignore-all lint/suspicious/noTemplateCurlyInString: references are written so
import { describe, expect, test } from "vitest";
import {
  connect,
  connectionsOf,
  disconnect,
  moveStep,
  refusal,
  removeStep,
  renameStep,
} from "./connections.ts";
import {
  addStep,
  type Definition,
  emptyDefinition,
  idsOf,
  readDefinition,
  setArgument,
  setField,
  stepsOf,
  writeDefinition,
} from "./definition.ts";
import { faultsOf, toChain } from "./faults.ts";
import { accept, complete, fits, hintsFor, typeIn } from "./hints.ts";
import { placesOf } from "./layout.ts";
import { createCatalog } from "./tool-catalog.ts";

const HAND = `{
  "steps": [
    {
      "tool": "find",
      "server": "one",
      "id": "a",
      "x-note": { "kept": [1, 2.5, null] },
      "retry": 3
    },
    {
      "id": "b",
      "server": "one",
      "tool": "echo",
      "params": {
        "text": "\${results.a.name}"
      }
    },
    {
      "type": "approval",
      "id": "c",
      "message": "After \${results.b}?"
    }
  ],
  "unknown": true,
  "id": "by-hand",
  "output": { "found": "\${results.a.rows[0]}" }
}`;

function read(text: string): Definition {
  const found = readDefinition(text);
  if ("problem" in found) throw new Error(found.problem);
  return found.definition;
}

const hand = read(HAND);

const catalog = createCatalog([
  tool(
    "find",
    { properties: { limit: { type: "integer" } } },
    {
      type: "object",
      properties: {
        name: { type: "string", description: "Of it" },
        rows: { type: "array", items: { type: "object", properties: { id: { type: "integer" } } } },
      },
    },
  ),
  tool("echo", {
    required: ["text"],
    properties: { times: { type: "number" }, text: { type: "string" } },
  }),
]);

function tool(name: string, input_schema: object, output_schema?: object) {
  const facts = { name: `one__${name}`, server: "one", tool: name, description: `Does ${name}` };
  return { ...facts, input_schema, ...(output_schema && { output_schema }) } as never;
}

const pairs = (definition: Definition): string[] =>
  connectionsOf(definition).map(({ from, to, because }) => `${from}>${to} ${because}`);

test("what is written by hand comes back as it was, with what the builder does not know", () => {
  expect(JSON.parse(writeDefinition(hand))).toEqual(JSON.parse(HAND));
  expect(writeDefinition(hand)).toBe(`${JSON.stringify(JSON.parse(HAND), null, 2)}\n`);
});

test("a change and its opposite leave every letter as it was", () => {
  const there = setArgument(setField(hand, 0, "when", "true"), 1, "times", 2);
  const back = setArgument(setField(there, 0, "when", undefined), 1, "times", undefined);
  expect(writeDefinition(back)).toBe(writeDefinition(hand));
  expect(writeDefinition(moveStep(moveStep(hand, 0, 1), 1, -1))).toBe(writeDefinition(hand));
  expect(writeDefinition(renameStep(renameStep(hand, 0, "z"), 0, "a"))).toBe(writeDefinition(hand));
});

test("what is built step by step is what one would write", () => {
  let built = emptyDefinition("hello");
  built = addStep(built, { id: "find", server: "one", tool: "find" });
  built = addStep(built, { id: "find", server: "one", tool: "find" });
  built = setArgument(built, 1, "limit", 3);
  expect(built).toEqual({
    id: "hello",
    version: "1",
    steps: [
      { id: "find", server: "one", tool: "find" },
      { id: "find_2", server: "one", tool: "find", arguments: { limit: 3 } },
    ],
  });
});

test("what is no workflow is refused in words", () => {
  expect(readDefinition("{")).toHaveProperty("problem");
  expect(readDefinition("[]")).toHaveProperty("problem");
  expect(readDefinition('{"steps":[1]}')).toEqual({ problem: "steps is a list of objects." });
});

describe("connections", () => {
  test("an ordered workflow is connected by its order and its references", () => {
    expect(pairs(hand)).toEqual(["a>b order", "b>c order"]);
    expect(pairs({ ...hand, parallel: true })).toEqual(["a>b reference", "b>c reference"]);
  });

  test("a connection that order does not say writes the order down", () => {
    const more = connect(hand, "a", "c");
    expect(pairs(more)).toEqual(["a>b dependsOn", "b>c dependsOn", "a>c dependsOn"]);
    expect(pairs(disconnect(more, "a", "c"))).toEqual(["a>b dependsOn", "b>c dependsOn"]);
  });

  test("without its last connection whatever is ready runs", () => {
    let loose = disconnect(hand, "a", "b");
    loose = disconnect(loose, "b", "c");
    expect(loose.parallel).toBe(true);
    expect(stepsOf(loose).some((step) => "dependsOn" in step)).toBe(false);
  });

  test("a circle is refused", () => {
    expect(refusal(hand, "c", "a")).toContain("for ever");
    expect(refusal(hand, "a", "a")).toContain("itself");
    expect(connect(hand, "c", "a")).toBe(hand);
  });

  test("what waited for a step that is gone waits for what that waited for", () => {
    const written = connect(hand, "a", "c");
    expect(pairs(removeStep(written, 1))).toEqual(["a>c dependsOn"]);
  });

  test("a new id is written wherever the old one was", () => {
    const renamed = renameStep(connect(hand, "a", "c"), 0, "first");
    expect(idsOf(renamed)).toEqual(["first", "b", "c"]);
    expect(JSON.stringify(renamed)).not.toContain("results.a.");
    expect(pairs(renamed)).toContain("first>c dependsOn");
  });
});

test("each step stands below all that it waits for", () => {
  const silent = setField(hand, 2, "message", "Well?");
  const places = placesOf(disconnect(connect(silent, "a", "c"), "b", "c"));
  expect(places.get("a")?.y).toBe(0);
  expect(places.get("b")?.y).toBe(places.get("c")?.y);
  expect(places.get("b")?.x).not.toBe(places.get("c")?.x);
});

test("no step stands on a line that passes it", () => {
  const places = placesOf(connect(hand, "a", "c"));
  expect(places.get("c")?.x).toBe(places.get("a")?.x);
  expect(places.get("b")?.x).not.toBe(places.get("a")?.x);
});

describe("hints", () => {
  const hints = hintsFor({ ...hand, input: { day: "monday" } }, 1, catalog);

  test("name inputs and results of earlier steps with their types", () => {
    expect(hints.map(({ text, type }) => `${text} ${type}`)).toEqual([
      "${input.day} string",
      "${results.a} object",
      "${results.a.name} string",
      "${results.a.rows} list",
      "${results.a.rows[0]} object",
      "${results.a.rows[0].id} integer",
    ]);
    expect(hintsFor(hand, 0, catalog)).toEqual([]);
  });

  test("fit what is begun, and take its place", () => {
    const begun = complete("Hi $ro there", 6, hints);
    expect(begun?.from).toBe(3);
    expect(begun?.hints.map(({ text }) => text)).toContain("${results.a.rows}");
    expect(complete("no reference", 4, hints)).toBeUndefined();
    expect(complete("${results.a} ", 13, hints)).toBeUndefined();
    const [hint] = hints;
    if (hint === undefined) throw new Error("no hint");
    expect(accept("Hi ${in} there", 7, hint)).toEqual({
      text: "Hi ${input.day} there",
      cursor: 15,
    });
  });

  test("types fit by their words", () => {
    expect(typeIn({ type: ["string", "null"] })).toBe("string or null");
    expect([fits("integer", "number"), fits("string", "number"), fits("any", "list")]).toEqual([
      true,
      false,
      true,
    ]);
  });
});

test("faults say what is missing, unknown, and of another type", () => {
  const wrong = setArgument(
    setArgument(hand, 1, "text", undefined),
    1,
    "times",
    "${results.a.name}",
  );
  const faults = faultsOf(wrong, catalog).map(({ step, message }) => `${step}: ${message}`);
  expect(faults).toEqual([
    "b: echo needs text.",
    "b: times is number; ${results.a.name} is string.",
  ]);
  expect(faultsOf(emptyDefinition("1"), catalog).map(({ message }) => message)).toHaveLength(2);
  expect(faultsOf(hand, catalog)).toEqual([]);
});

test("only calls of tools can be tried as a chain", () => {
  expect(toChain(hand)).toBeUndefined();
  const calls = removeStep(hand, 2);
  expect(toChain(calls)?.steps).toEqual([
    { tool: "find", server: "one", id: "a" },
    { id: "b", server: "one", tool: "echo", params: { text: "${results.a.name}" } },
  ]);
});

test("tools are found by their words, names first", () => {
  expect(catalog.search("does ECHO").map((each) => each.tool)).toEqual(["echo"]);
  expect(catalog.search("").length).toBe(2);
});
