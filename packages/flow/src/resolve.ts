import { isJsonObject, type JsonValue, TrestleError } from "@trestle/protocol";
import { isRawNumber } from "./raw-number.ts";
import { didYouMean, LAST_RESULT, type Reference, type Roots } from "./references.ts";
import type { Template } from "./template.ts";

/** The values that references may stand for, at one moment of a flow. */
export interface Scope {
  readonly roots: Roots;
  /** The values of every root but `results`, by the root's name. */
  readonly values: Readonly<Record<string, JsonValue>>;
  readonly result: (stepId: string) => Lookup;
  readonly lastResult: () => Lookup;
}

export type Lookup =
  | { readonly kind: "value"; readonly value: JsonValue }
  /** `why` is the second half of a sentence: `step "a" was skipped`. */
  | { readonly kind: "missing"; readonly why: string };

/** The largest arguments that a step is started with, in characters of JSON. */
const MAX_ARGUMENTS = 4 * 1024 * 1024;

/** The value of one reference. Own properties only: nothing is found on a prototype. */
export function lookUp(reference: Reference, scope: Scope): Lookup {
  const { roots } = scope;
  const [first, ...rest] = reference.path;
  if (reference.root === LAST_RESULT) {
    return walk(scope.lastResult(), "the last result", reference.path);
  }
  if (reference.root === roots.results && first !== undefined) {
    return walk(scope.result(String(first)), `the result of step "${first}"`, rest);
  }
  return walk(ownProperty(scope.values, reference.root), reference.root, reference.path);
}

/** Fills a template. Throws `invalid_input` that names the reference without a value and what is near it. */
export function fill(template: Template, scope: Scope): JsonValue {
  const budget = createBudget(MAX_ARGUMENTS);
  return fillWith(template, (reference) => {
    const found = lookUp(reference, scope);
    if (found.kind === "missing") throw unresolved(reference, found.why);
    budget.spend(found.value, reference);
    return found.value;
  });
}

/** Fills a template; what has no value is null. */
export function fillOrNull(template: Template, scope: Scope): JsonValue {
  return fillWith(template, (reference) => {
    const found = lookUp(reference, scope);
    return found.kind === "value" ? found.value : null;
  });
}

/** Fills what already has a value, and leaves every other reference as it was written. */
export function fillKnown(template: Template, scope: Scope): JsonValue {
  return fillWith(template, (reference) => {
    const found = lookUp(reference, scope);
    return found.kind === "value" ? found.value : reference.text;
  });
}

export function unresolved({ text }: Reference, why: string): TrestleError {
  return new TrestleError("invalid_input", `${text} has no value: ${why}`, {
    details: { reference: text },
  });
}

/** A value as text inside a longer string. */
export function toText(value: JsonValue): string {
  return typeof value === "string" ? value : JSON.stringify(value);
}

/** Values are put in as they are and never read for references again: results are data. */
function fillWith(template: Template, valueFor: (reference: Reference) => JsonValue): JsonValue {
  switch (template.kind) {
    case "value":
      return template.value;
    case "reference":
      return valueFor(template.reference);
    case "text":
      return template.parts
        .map((part) => (typeof part === "string" ? part : toText(valueFor(part))))
        .join("");
    case "list":
      return template.items.map((item) => fillWith(item, valueFor));
    case "object":
      return Object.fromEntries(
        template.entries.map(([key, item]) => [key, fillWith(item, valueFor)]),
      );
  }
}

/** One small template can name one large result a thousand times, so sizes are counted as they are put in. */
function createBudget(most: number) {
  let left = most;
  return {
    spend(value: JsonValue, { text }: Reference): void {
      left -= typeof value === "object" ? JSON.stringify(value).length : String(value).length;
      if (left >= 0) return;
      throw new TrestleError(
        "invalid_input",
        `with ${text} the arguments grow over ${most} characters; refer to a smaller part of it`,
      );
    },
  };
}

function walk(from: Lookup, name: string, path: readonly (string | number)[]): Lookup {
  let found = from;
  let place = name;
  for (const segment of path) {
    if (found.kind === "missing") return found;
    const next = step(found.value, segment);
    if (next === undefined)
      return { kind: "missing", why: describeGap(found.value, segment, place) };
    found = { kind: "value", value: next };
    place += typeof segment === "number" ? `[${segment}]` : `.${segment}`;
  }
  return found;
}

function step(value: JsonValue, segment: string | number): JsonValue | undefined {
  if (Array.isArray(value)) {
    if (segment === "length") return value.length;
    return /^-?\d+$/.test(String(segment)) ? value.at(Number(segment)) : undefined;
  }
  if (!isJsonObject(value) || isRawNumber(value)) return undefined;
  return Object.hasOwn(value, segment) ? value[segment] : undefined;
}

function describeGap(value: JsonValue, segment: string | number, place: string): string {
  if (Array.isArray(value)) {
    const count = `${place} is a list of ${value.length}`;
    return typeof segment === "number" || /^\d+$/.test(segment)
      ? `${count} and has no [${segment}]`
      : `${count}; pick one item, as [0].${segment}`;
  }
  if (isJsonObject(value) && !isRawNumber(value)) {
    return `${place} has no "${segment}"${didYouMean(String(segment), Object.keys(value))}`;
  }
  const kind = value === null ? "null" : typeof value === "string" ? "text" : typeof value;
  return `${place} is ${kind} and has no "${segment}"; \${…} marks where a reference ends`;
}

function ownProperty(values: Scope["values"], name: string): Lookup {
  const value = Object.hasOwn(values, name) ? values[name] : undefined;
  return value === undefined
    ? { kind: "missing", why: `nothing was given as ${name}` }
    : { kind: "value", value };
}
