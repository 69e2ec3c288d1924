import { refusal } from "./connections.ts";
import {
  argumentsOf,
  type Definition,
  idOf,
  idsOf,
  isFields,
  kindOf,
  stepsOf,
  textOf,
} from "./definition.ts";
import { fits, hintsFor, typeIn } from "./hints.ts";
import { type Catalog, parametersOf } from "./tool-catalog.ts";

export interface Fault {
  /** Undefined: of the workflow itself. */
  readonly step: string | undefined;
  readonly message: string;
}

const NAME = /^[A-Za-z][A-Za-z0-9_-]{0,63}$/;

/** What can be seen without asking the server, which has the last word. */
export function faultsOf(definition: Definition, catalog: Catalog): readonly Fault[] {
  const ids = idsOf(definition);
  const faults: Fault[] = [];
  const say = (step: string | undefined, message: string): void => {
    faults.push({ step, message });
  };
  if (!NAME.test(textOf(definition.id)))
    say(undefined, "Its id is a letter, then letters, digits, _ or -.");
  if (ids.length === 0) say(undefined, "It has no steps yet.");
  for (const [index, step] of stepsOf(definition).entries()) {
    const id = idOf(step, index);
    if (!NAME.test(id)) say(id, "An id is a letter, then letters, digits, _ or -.");
    if (ids.indexOf(id) !== index) say(id, "Two steps have this id.");
    for (const need of Array.isArray(step.dependsOn) ? step.dependsOn : []) {
      if (!ids.includes(String(need))) say(id, `It waits for ${String(need)}, which is no step.`);
    }
    if (kindOf(step) === "task" || kindOf(step) === "map")
      for (const message of callFaults(definition, index, catalog)) say(id, message);
  }
  return faults;
}

function callFaults(definition: Definition, index: number, catalog: Catalog): readonly string[] {
  const step = stepsOf(definition)[index];
  if (step === undefined) return [];
  const [server, tool] = [textOf(step.server), textOf(step.tool)];
  const found = catalog.find(server, tool);
  if (found === undefined) return [`No server lists ${server || "?"}.${tool || "?"}.`];
  const given = argumentsOf(step);
  const hints = hintsFor(definition, index, catalog);
  return parametersOf(found).flatMap(({ name, schema, required }) => {
    const value = given[name];
    if (value === undefined) return required ? [`${tool} needs ${name}.`] : [];
    const hint = hints.find(({ text }) => text === value);
    const wanted = typeIn(schema);
    return hint && !fits(hint.type, wanted)
      ? [`${name} is ${wanted}; ${hint.text} is ${hint.type}.`]
      : [];
  });
}

/** Steps that can be connected to this one, by the side that it is on. */
export function partnersOf(definition: Definition, to: string): readonly string[] {
  return idsOf(definition).filter((from) => refusal(definition, from, to) === undefined);
}

/** As `POST chain` takes it, which knows calls of tools alone; undefined where other steps are there. */
export function toChain(definition: Definition): Record<string, unknown> | undefined {
  const KNOWN = ["id", "server", "tool", "arguments", "params", "dependsOn", "when", "onError"];
  const steps = stepsOf(definition);
  const isPlain = steps.every(
    (step) =>
      kindOf(step) === "task" && step.forEach === undefined && step.onError !== "compensate",
  );
  if (!isPlain || steps.length === 0) return undefined;
  const { input } = definition;
  const isSchema = isFields(input) && input.type === "object";
  return {
    name: textOf(definition.id) || "draft",
    steps: steps.map((step) =>
      Object.fromEntries(Object.entries(step).filter(([name]) => KNOWN.includes(name))),
    ),
    ...(isFields(input) && (isSchema ? { inputSchema: input } : { input })),
    ...(typeof definition.parallel === "boolean" && { parallel: definition.parallel }),
  };
}
