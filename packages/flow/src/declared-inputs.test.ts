import { type JsonObject, parseJson } from "@trestle/protocol";
import { describe, expect, test } from "vitest";
import { runChain } from "./run-chain.ts";

const schema = {
  type: "object",
  properties: {
    who: { type: "string" },
    times: { type: "integer", default: 2 },
    deep: { type: ["object", "null"], default: null },
    tags: { type: "array", default: [] },
    share: { type: "number", default: 1 },
    loud: { type: "boolean", default: false },
  },
};
const chain = {
  name: "greet",
  inputSchema: schema,
  steps: [{ server: "s", tool: "t", arguments: { a: "$who", b: "${input.times}", c: "$deep" } }],
};

async function argumentsFor(input: JsonObject, definition: object = chain): Promise<JsonObject> {
  let seen: JsonObject = {};
  await runChain(definition, {
    input,
    callTool: async (_server, _tool, args) => {
      seen = args;
      return { content: [] };
    },
  });
  return seen;
}

describe("inputs that a chain declares", () => {
  test("have the values of a run, else those of the chain, else their defaults", async () => {
    expect(await argumentsFor({ who: "Ann" })).toEqual({ a: "Ann", b: 2, c: null });
    const own = { ...chain, input: { who: "Bob", times: 3 } };
    expect(await argumentsFor({ times: 4, deep: {} }, own)).toEqual({ a: "Bob", b: 4, c: {} });
  });

  test("are missed by name where nobody gives one", async () => {
    await expect(argumentsFor({})).rejects.toMatchObject({
      code: "invalid_input",
      message: 'input "who" has no value; the run must give it',
    });
  });

  test.each([
    [{ who: 5 }, 'input "who" must be string'],
    [{ who: "x", times: 1.5 }, 'input "times" must be integer'],
    [{ who: "x", deep: [] }, 'input "deep" must be object or null'],
    [{ who: "x", tags: {} }, 'input "tags" must be array'],
    [{ who: "x", share: "1" }, 'input "share" must be number'],
    [{ who: "x", loud: 1 }, 'input "loud" must be boolean'],
    [{ who: "x", whom: 1 }, 'input "whom" is not declared; did you mean "who"?'],
  ])("refuse %j", async (input, message) => {
    await expect(argumentsFor(input as JsonObject)).rejects.toMatchObject({ message });
  });

  test.each([
    [{ properties: [] }, "its properties must be an object"],
    [{ properties: { a: 1 } }, '"a" must be an object'],
    [{ properties: { a: { type: "text" } } }, '"a" has a type that JSON Schema does not know'],
    [{ properties: { step_1: {} } }, '"step_1" has a meaning of its own'],
  ])("are refused where they are no schema: %j", async (inputSchema, problem) => {
    await expect(argumentsFor({}, { ...chain, inputSchema })).rejects.toThrow(problem);
  });

  test("take a number of any length for a number", async () => {
    const input = parseJson(
      '{"who":"x","times":12345678901234567890,"share":12345678901234567890}',
    );
    expect(await argumentsFor(input as JsonObject)).toMatchObject({ a: "x" });
  });
});
