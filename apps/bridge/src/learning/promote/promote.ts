import { DEFAULT_ROOTS, escapeText } from "@trestle/flow";
import type { JsonObject } from "@trestle/protocol";
import { type Choice, type Inferred, inferArguments, type Link, render } from "./infer.ts";
import { type ChainInput, createInputs } from "./inputs.ts";
import { type RecordedCall, stepIdOf } from "./recorded.ts";
import type { Fixture, FixtureCall } from "./replay.ts";
import { createSources } from "./sources.ts";

export interface Promoted {
  /** As `trestle chain` runs it. */
  readonly chain: JsonObject;
  /** Its test. */
  readonly fixture: Fixture;
  readonly inputs: readonly ChainInput[];
  readonly links: readonly Link[];
  /** What a person should look at. */
  readonly choices: readonly Choice[];
}

/**
 * Makes a chain of calls: where a value of an earlier result came back as an argument, the argument refers
 * to that result; what the caller brought along becomes an input, with its value then as the default.
 */
export function promote(name: string, calls: readonly RecordedCall[]): Promoted {
  const inputs = createInputs();
  const sources = createSources(calls);
  const inferred = calls.map((call, index) => inferArguments(call, index, { sources, inputs }));
  const all = inputs.all();
  const names = {
    inputs: all.map((input) => input.name),
    stepIds: calls.map((_call, index) => stepIdOf(index)),
    roots: DEFAULT_ROOTS,
  };
  const quote = (text: string): string => escapeText(text, names);
  const stepOf = ({ arguments: piece }: Inferred, index: number): JsonObject => {
    const { server = "", tool = "" } = calls[index] ?? {};
    return { server, tool, arguments: render(piece, quote) };
  };
  return {
    chain: { name, ...schemaOf(all), steps: inferred.map(stepOf) },
    fixture: fixtureOf(name, calls, all),
    inputs: all,
    links: inferred.flatMap(({ links }) => links),
    choices: inferred.flatMap(({ choices }) => choices),
  };
}

function schemaOf(inputs: readonly ChainInput[]): JsonObject {
  if (inputs.length === 0) return {};
  const properties = Object.fromEntries(inputs.map(({ name, property }) => [name, property]));
  const required = inputs.filter(({ isRequired }) => isRequired).map(({ name }) => name);
  return {
    inputSchema: { type: "object", properties, ...(required.length > 0 ? { required } : {}) },
  };
}

function fixtureOf(
  name: string,
  calls: readonly RecordedCall[],
  inputs: readonly ChainInput[],
): Fixture {
  return {
    chain: name,
    input: Object.fromEntries(inputs.map((input) => [input.name, input.value])),
    calls: calls.map((call): FixtureCall => {
      const { number, executionId, server, tool, arguments: args, result } = call;
      const kept = result === undefined ? {} : { result: result.document };
      return { number, execution_id: executionId, server, tool, arguments: args, ...kept };
    }),
  };
}
