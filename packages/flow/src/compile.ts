import { messageOf, TrestleError } from "@trestle/protocol";
import { type Condition, conditionReferences, parseCondition } from "./condition.ts";
import { refuseCycle } from "./graph.ts";
import {
  didYouMean,
  LAST_RESULT,
  type Reference,
  type ReferenceNames,
  type Roots,
} from "./references.ts";
import type { LaterPart, Plan, PlannedStep } from "./schema.ts";
import { parseTemplate, referencesOf, type Template } from "./template.ts";

/** A step with its strings read and its dependencies known. */
export interface CompiledStep extends PlannedStep {
  readonly position: number;
  readonly template: Template;
  readonly condition?: Condition;
  /** Steps that must have ended before this one is looked at. */
  readonly waitsFor: readonly string[];
  /** Steps without whose result this one has nothing to work on: those it refers to. */
  readonly needsResultOf: readonly string[];
  /** Steps that must not have been skipped or have failed: `dependsOn`, unless a condition asks `exists`. */
  readonly needsEndOf: readonly string[];
  readonly needsLastResult: boolean;
  readonly laterParts: ReadonlyMap<string, CompiledPart>;
}

export type CompiledPart =
  | { readonly kind: "value"; readonly template: Template }
  | { readonly kind: "condition"; readonly condition: Condition };

/** Reads all references of a plan. Throws `invalid_input` naming step and key for one that can never have a value. */
export function compilePlan(plan: Plan, roots: Roots): CompiledStep[] {
  const names: ReferenceNames = {
    inputs: [...Object.keys(plan.input), ...(plan.declared?.needed ?? [])],
    stepIds: plan.steps.map((step) => step.id),
    roots,
  };
  const steps = plan.steps.map((step, position) => compileStep(plan, position, { step, names }));
  if (plan.mode === "dag") refuseCycle(steps);
  return steps;
}

function compileStep(
  plan: Plan,
  position: number,
  { step, names }: { step: PlannedStep; names: ReferenceNames },
): CompiledStep {
  const template = parseTemplate(step.arguments, `Step "${step.id}", arguments`, names);
  const condition = compileCondition(step, names);
  const when = condition ? conditionReferences(condition) : { needed: [], asked: [] };
  const later = compileLater(step, names);
  const needed = [...referencesOf(template), ...when.needed, ...later.needed];
  const allAsked = [...when.asked, ...later.asked];
  const references = [...needed, ...allAsked];
  for (const reference of references) refuseReference(reference, position, { plan, names });
  refuseDependencies(step, names.stepIds);

  const asked = stepsOf(allAsked, names);
  const needsResultOf = stepsOf(needed, names);
  return {
    ...step,
    position,
    template,
    ...(condition === undefined ? {} : { condition }),
    waitsFor: waitsFor(plan, position, [...step.dependsOn, ...needsResultOf, ...asked]),
    needsResultOf,
    needsEndOf: step.dependsOn.filter((id) => !asked.includes(id)),
    needsLastResult: needed.some(({ root }) => root === LAST_RESULT),
    laterParts: later.parts,
  };
}

function compileLater(
  { id, later = {} }: PlannedStep,
  names: ReferenceNames,
): { parts: Map<string, CompiledPart>; needed: Reference[]; asked: Reference[] } {
  const parts = new Map<string, CompiledPart>();
  const needed: Reference[] = [];
  const asked: Reference[] = [];
  for (const [key, part] of Object.entries(later)) {
    const others = [...names.roots.others, ...part.locals];
    const compiled = compilePart(part, `Step "${id}", ${key}`, {
      ...names,
      roots: { ...names.roots, others },
    });
    parts.set(key, compiled);
    const isOfOthers = ({ root }: Reference) => !part.locals.includes(root);
    const found =
      compiled.kind === "value"
        ? { needed: referencesOf(compiled.template), asked: [] }
        : conditionReferences(compiled.condition);
    needed.push(...found.needed.filter(isOfOthers));
    asked.push(...found.asked.filter(isOfOthers));
  }
  return { parts, needed, asked };
}

function compilePart(part: LaterPart, where: string, names: ReferenceNames): CompiledPart {
  return "condition" in part
    ? { kind: "condition", condition: readCondition(part.condition, where, names) }
    : { kind: "value", template: parseTemplate(part.value, where, names) };
}

function compileCondition({ id, when }: PlannedStep, names: ReferenceNames): Condition | undefined {
  return when === undefined ? undefined : readCondition(when, `Step "${id}", when`, names);
}

function readCondition(text: string, where: string, names: ReferenceNames): Condition {
  try {
    return parseCondition(text, names);
  } catch (error) {
    throw new TrestleError("invalid_input", `${where}: ${messageOf(error)}`, { cause: error });
  }
}

function waitsFor({ mode, steps }: Plan, position: number, others: readonly string[]): string[] {
  const previous = steps[position - 1];
  if (mode === "ordered") return previous === undefined ? [] : [previous.id];
  return [...new Set(others)];
}

function stepsOf(references: readonly Reference[], { roots }: ReferenceNames): string[] {
  const results = references.filter(({ root }) => root === roots.results);
  return [...new Set(results.map(({ path }) => String(path[0])))];
}

function refuseReference(
  { text, root, path }: Reference,
  position: number,
  { plan, names }: { plan: Plan; names: ReferenceNames },
): void {
  const step = plan.steps[position];
  const fail = (problem: string) =>
    new TrestleError("invalid_input", `Step "${step?.id}": ${text} ${problem}`);
  if (root === LAST_RESULT) {
    if (plan.mode === "dag") {
      throw fail(`has no meaning where steps run at once; write \${${names.roots.results}.STEP}`);
    }
    if (position === 0) throw fail("comes before any result: this is the first step");
  }
  if (root !== names.roots.results) return;
  const target = names.stepIds.indexOf(String(path[0]));
  if (target === position) throw fail("is this step's own result");
  if (plan.mode === "ordered" && target > position) {
    throw fail("looks forward: that step runs later; move it up, or say parallel: true");
  }
}

function refuseDependencies({ id, dependsOn }: PlannedStep, stepIds: readonly string[]): void {
  for (const other of dependsOn) {
    const where = `Step "${id}", dependsOn`;
    if (other === id)
      throw new TrestleError("invalid_input", `${where}: it cannot wait for itself`);
    if (stepIds.includes(other)) continue;
    const hint = didYouMean(other, stepIds);
    throw new TrestleError("invalid_input", `${where}: there is no step "${other}"${hint}`);
  }
}
