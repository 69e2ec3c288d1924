import {
  type Definition,
  idOf,
  idsOf,
  isFields,
  type Json,
  type Step,
  setFact,
  setField,
  stepsOf,
  withSteps,
} from "./definition.ts";

/** Why one step comes after another. */
export type Because = "dependsOn" | "order" | "reference";

export interface Connection {
  readonly from: string;
  readonly to: string;
  readonly because: Because;
}

const REFERENCE = /\$\{\s*results\.([A-Za-z][\w-]*)|\$\{?\s*step_(\d+)/g;

/** The steps whose results a value reads, by their ids or by their numbers. */
function referencesIn(value: Json | undefined, ids: readonly string[]): readonly string[] {
  const found = new Set<string>();
  for (const [, id, number] of JSON.stringify(value ?? null).matchAll(REFERENCE)) {
    const named = id ?? ids[Number(number) - 1] ?? "";
    if (ids.includes(named)) found.add(named);
  }
  return [...found];
}

/** Whether whatever is ready runs; else one step after the other does. */
export function isParallel(definition: Definition): boolean {
  if (typeof definition.parallel === "boolean") return definition.parallel;
  return stepsOf(definition).some((step) => dependsOn(step).length > 0);
}

function dependsOn(step: Step): readonly string[] {
  return Array.isArray(step.dependsOn) ? step.dependsOn.map(String) : [];
}

/** Every connection there is: those that are written, and those that order and references make. */
export function connectionsOf(definition: Definition): readonly Connection[] {
  const steps = stepsOf(definition);
  const ids = idsOf(definition);
  const known = new Set(ids);
  const parallel = isParallel(definition);
  return steps.flatMap((step, index) => {
    const to = idOf(step, index);
    const written = dependsOn(step).filter((id) => known.has(id) && id !== to);
    const before = ids[index - 1];
    const ordered = !parallel && before !== undefined && !written.includes(before) ? [before] : [];
    const { id: _, dependsOn: __, ...rest } = step;
    const read = referencesIn(rest, ids).filter(
      (id) => id !== to && !written.includes(id) && !ordered.includes(id),
    );
    return [
      ...written.map((from) => ({ from, to, because: "dependsOn" as const })),
      ...ordered.map((from) => ({ from, to, because: "order" as const })),
      ...read.map((from) => ({ from, to, because: "reference" as const })),
    ];
  });
}

/** Why these two cannot be connected; undefined where they can. */
export function refusal(definition: Definition, from: string, to: string): string | undefined {
  if (from === to) return "A step cannot wait for itself.";
  const connections = connectionsOf(definition);
  if (
    connections.some((each) => each.from === from && each.to === to && each.because !== "reference")
  )
    return `${to} waits for ${from} already.`;
  // In an ordered workflow the order is written down first, so that nothing else changes.
  return reaches(connections, to, from)
    ? `${from} waits for ${to}: both would wait for ever.`
    : undefined;
}

/** Lets `to` wait for `from`. */
export function connect(definition: Definition, from: string, to: string): Definition {
  if (refusal(definition, from, to) !== undefined) return definition;
  const written = writeOrder(definition);
  const index = idsOf(written).indexOf(to);
  const step = stepsOf(written)[index];
  if (step === undefined) return definition;
  return setField(written, index, "dependsOn", [...dependsOn(step), from]);
}

/** Lets `to` wait for `from` no more; what a reference asks for stays. */
export function disconnect(definition: Definition, from: string, to: string): Definition {
  const written = writeOrder(definition);
  const index = idsOf(written).indexOf(to);
  const step = stepsOf(written)[index];
  if (step === undefined) return definition;
  const left = dependsOn(step).filter((id) => id !== from);
  const cut = setField(written, index, "dependsOn", left.length === 0 ? undefined : left);
  return isParallel(cut) ? cut : setFact(cut, "parallel", true);
}

/** Takes a step away. What came after it comes after what it came after. */
export function removeStep(definition: Definition, index: number): Definition {
  const gone = stepsOf(definition)[index];
  if (gone === undefined) return definition;
  const id = idOf(gone, index);
  const left = stepsOf(definition).filter((_, place) => place !== index);
  return withSteps(
    definition,
    left.map((step) => {
      const needs = dependsOn(step);
      if (!needs.includes(id)) return step;
      const instead = [
        ...new Set(needs.flatMap((each) => (each === id ? dependsOn(gone) : [each]))),
      ];
      if (instead.length > 0) return { ...step, dependsOn: instead };
      const { dependsOn: _, ...rest } = step;
      return rest;
    }),
  );
}

/** Moves a step up or down in the list, and so in the order of an ordered workflow. */
export function moveStep(definition: Definition, index: number, by: -1 | 1): Definition {
  const steps = [...stepsOf(definition)];
  const [one, other] = [steps[index], steps[index + by]];
  if (one === undefined || other === undefined) return definition;
  steps[index] = other;
  steps[index + by] = one;
  return withSteps(definition, steps);
}

/** Gives a step another id, wherever it is named. */
export function renameStep(definition: Definition, index: number, id: string): Definition {
  const step = stepsOf(definition)[index];
  if (step === undefined) return definition;
  const old = idOf(step, index);
  const spelt = new RegExp(`(\\$\\{\\s*results\\.)${old}(?![\\w-])`, "g");
  const renamed = mapTexts(setField(definition, index, "id", id), (text) =>
    text.replaceAll(spelt, `$1${id}`),
  );
  return withSteps(
    renamed,
    stepsOf(renamed).map((each) =>
      dependsOn(each).includes(old)
        ? { ...each, dependsOn: dependsOn(each).map((need) => (need === old ? id : need)) }
        : each,
    ),
  );
}

/** Writes down as `dependsOn` what so far only the order says. */
function writeOrder(definition: Definition): Definition {
  if (isParallel(definition)) return definition;
  const ids = idsOf(definition);
  const steps = stepsOf(definition).map((step, index) => {
    const before = ids[index - 1];
    return before === undefined || dependsOn(step).includes(before)
      ? step
      : { ...step, dependsOn: [...dependsOn(step), before] };
  });
  const { parallel: _, ...rest } = definition;
  return withSteps(rest, steps);
}

function reaches(connections: readonly Connection[], from: string, to: string): boolean {
  const seen = new Set([from]);
  const open = [from];
  for (let id = open.pop(); id !== undefined; id = open.pop()) {
    for (const next of connections.filter((each) => each.from === id)) {
      if (next.to === to) return true;
      if (!seen.has(next.to)) open.push(next.to);
      seen.add(next.to);
    }
  }
  return false;
}

function mapTexts<Value extends Json>(value: Value, change: (text: string) => string): Value {
  if (typeof value === "string") return change(value) as Value;
  if (Array.isArray(value)) return value.map((each) => mapTexts(each, change)) as unknown as Value;
  if (!isFields(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, each]) => [name, mapTexts(each, change)]),
  ) as unknown as Value;
}
