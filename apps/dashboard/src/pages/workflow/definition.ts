/**
 * A workflow as it is written by hand, and the changes that a builder makes to it. The definition itself is what is
 * kept: fields that the builder does not know, and the order in which all are written, stay as they were.
 */

export type Json = string | number | boolean | null | readonly Json[] | JsonFields;
export interface JsonFields {
  readonly [name: string]: Json;
}

export interface Step extends JsonFields {
  readonly [name: string]: Json;
}

export interface Definition extends JsonFields {
  readonly [name: string]: Json;
}

export function emptyDefinition(id: string): Definition {
  return { id, version: "1", steps: [] };
}

/** The definition in a text, or what is wrong with it. */
export function readDefinition(
  text: string,
): { readonly definition: Definition } | { readonly problem: string } {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    return { problem: error instanceof Error ? error.message : String(error) };
  }
  if (!isFields(value)) return { problem: "A workflow is an object: { id, steps }." };
  if (!Array.isArray(value.steps) || !value.steps.every(isFields))
    return { problem: "steps is a list of objects." };
  return { definition: value };
}

/** As a person would write it: what `readDefinition` of it gives is the same again. */
export function writeDefinition(definition: Definition): string {
  return `${JSON.stringify(definition, null, 2)}\n`;
}

export function stepsOf(definition: Definition): readonly Step[] {
  return Array.isArray(definition.steps) ? (definition.steps as readonly Step[]) : [];
}

/** Steps without an id are called by their place. */
export function idOf(step: Step, index: number): string {
  return typeof step.id === "string" && step.id !== "" ? step.id : `step_${index + 1}`;
}

export function idsOf(definition: Definition): readonly string[] {
  return stepsOf(definition).map(idOf);
}

export function kindOf(step: Step): string {
  return typeof step.type === "string" ? step.type : "task";
}

export function textOf(value: Json | undefined): string {
  return typeof value === "string" ? value : "";
}

/** Of a task: what it calls. A hand-written one may say `params` for `arguments`. */
export function argumentsOf(step: Step): JsonFields {
  const given = step.arguments ?? step.params;
  return isFields(given) ? given : {};
}

export function withSteps(definition: Definition, steps: readonly Step[]): Definition {
  return { ...definition, steps };
}

/** Sets a field of a step where it stands; undefined takes it away. */
export function setField(
  definition: Definition,
  index: number,
  name: string,
  value: Json | undefined,
): Definition {
  return withSteps(
    definition,
    stepsOf(definition).map((step, place) => (place === index ? put(step, name, value) : step)),
  );
}

/** Sets an argument of a step's call, under the word that the step already says. */
export function setArgument(
  definition: Definition,
  index: number,
  name: string,
  value: Json | undefined,
): Definition {
  const step = stepsOf(definition)[index];
  if (step === undefined) return definition;
  const word = step.arguments === undefined && step.params !== undefined ? "params" : "arguments";
  return setField(definition, index, word, put(argumentsOf(step), name, value));
}

/** Sets a field of the workflow itself. */
export function setFact(definition: Definition, name: string, value: Json | undefined): Definition {
  return put(definition, name, value);
}

/** Adds a step at the end, under an id that nobody has. */
export function addStep(definition: Definition, step: Step): Definition {
  const taken = new Set(idsOf(definition));
  const wanted = textOf(step.id) || "step";
  let id = wanted;
  for (let count = 2; taken.has(id); count += 1) id = `${wanted}_${count}`;
  return withSteps(definition, [...stepsOf(definition), { ...step, id }]);
}

export function isFields(value: unknown): value is JsonFields & Definition & Step {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function put<Fields extends JsonFields>(
  fields: Fields,
  name: string,
  value: Json | undefined,
): Fields {
  if (value !== undefined) return { ...fields, [name]: value };
  return Object.fromEntries(Object.entries(fields).filter(([key]) => key !== name)) as Fields;
}
