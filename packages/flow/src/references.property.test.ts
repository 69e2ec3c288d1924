import { isTrestleError } from "@trestle/protocol";
import { expect, test } from "vitest";
import { createRandom, type Random, rounds, seed } from "./_random.ts";
import { parseCondition } from "./condition.ts";
import { evaluate } from "./evaluate.ts";
import { DEFAULT_ROOTS, type ReferenceNames } from "./references.ts";
import { fill, type Scope } from "./resolve.ts";
import { escapeText, parseTemplate } from "./template.ts";

const names: ReferenceNames = { inputs: ["name"], stepIds: ["a"], roots: DEFAULT_ROOTS };
const scope: Scope = {
  roots: DEFAULT_ROOTS,
  values: { input: { name: "NAME" }, metadata: {} },
  result: () => ({ kind: "value", value: { b: [1, { c: "x" }] } }),
  lastResult: () => ({ kind: "value", value: true }),
};
const pieces = [
  ...["$", "$", "$", "\\", "{", "}", "${", "name", "nam", "last_result", "step_1", "step_", "1"],
  ...["results", "input", "a", "b", "c", ".", "[", "]", "0", "'", '"', " ", "(", ")", "==", "and"],
  ...["exists", "<", "not", "ß", "😀", "\n"],
];
const resolve = (text: string) => fill(parseTemplate(text, "arguments", names), scope);

function randomText(random: Random): string {
  return Array.from({ length: random.below(14) }, () => random.pick(pieces)).join("");
}

/** The value, or undefined where the text was refused with a reason. */
function attempt<T>(work: () => T): T | undefined {
  try {
    return work();
  } catch (error) {
    if (isTrestleError(error) && error.code === "invalid_input") return undefined;
    throw error;
  }
}

test(`any text is resolved or refused, and literal ones survive (SEED=${seed})`, () => {
  for (let round = 0; round < rounds * 10; round += 1) {
    const text = randomText(createRandom(seed + round));
    const value = attempt(() => resolve(text));
    const isLiteral = !/\$(\{|name|last_result|step_\d)/.test(text);
    if (isLiteral) expect(value, `SEED=${seed + round}`).toBe(text);
  }
});

test(`a backslash before every dollar that begins a reference makes any text literal (SEED=${seed})`, () => {
  for (let round = 0; round < rounds * 10; round += 1) {
    const text = randomText(createRandom(seed + round)).replaceAll("\\", "/");
    const escaped = text.replaceAll(
      /\$(?=\{|(?:name|last_result|step_\d+)(?![\p{L}\p{N}_]))/gu,
      "\\$",
    );
    expect(resolve(escaped), `SEED=${seed + round}: ${text}`).toBe(text);
  }
});

test(`any condition is true, false, or refused with a reason (SEED=${seed})`, () => {
  for (let round = 0; round < rounds * 10; round += 1) {
    const text = randomText(createRandom(seed + round));
    const value = attempt(() => evaluate(parseCondition(text, names), scope));
    expect([true, false, undefined]).toContain(value);
  }
});

test(`an escaped text is read as it was, whatever it holds (SEED=${seed})`, () => {
  for (let round = 0; round < rounds * 10; round += 1) {
    const text = randomText(createRandom(seed + round));
    expect(resolve(escapeText(text, names)), `SEED=${seed + round}`).toBe(text);
  }
});
