// biome-ignore-all lint/suspicious/noTemplateCurlyInString: references are written so
import { connectionsOf } from "./connections.ts";
import { type Definition, idOf, isFields, type Json, stepsOf, textOf } from "./definition.ts";
import type { Catalog } from "./tool-catalog.ts";

/** What may be written for an argument: a result of an earlier step, or an input. */
export interface Hint {
  /** `${results.find.rows}` */
  readonly text: string;
  /** As its schema says: `string`, `list`. */
  readonly type: string;
  readonly about: string;
}

const DEEPEST = 3;

/** Every reference that a step can make: to what ends before it, and to the inputs. */
export function hintsFor(definition: Definition, index: number, catalog: Catalog): readonly Hint[] {
  const steps = stepsOf(definition);
  const own = steps[index];
  if (own === undefined) return [];
  const before = stepsBefore(definition, idOf(own, index));
  const results = steps.flatMap((step, place) => {
    const id = idOf(step, place);
    if (!before.has(id)) return [];
    const tool = catalog.find(textOf(step.server), textOf(step.tool));
    const root = `results.${id}`;
    const whole = { text: `\${${root}}`, type: typeIn(tool?.output), about: `all that ${id} gave` };
    return [whole, ...pathsOf(tool?.output, root, DEEPEST)];
  });
  return [...inputsOf(definition), ...results];
}

/** The hints that fit what is written before the cursor, and where the reference begins. */
export function complete(
  text: string,
  cursor: number,
  hints: readonly Hint[],
): { readonly from: number; readonly hints: readonly Hint[] } | undefined {
  const from = text.lastIndexOf("$", cursor - 1);
  const begun = from === -1 ? "" : text.slice(from, cursor);
  if (from === -1 || begun.includes("}")) return undefined;
  const words = begun
    .replace(/^\$\{?/, "")
    .trim()
    .toLowerCase();
  return { from, hints: hints.filter((hint) => hint.text.toLowerCase().includes(words)) };
}

/** The text with a hint in the place of what was begun. */
export function accept(
  text: string,
  cursor: number,
  hint: Hint,
): { readonly text: string; readonly cursor: number } {
  const from = text.lastIndexOf("$", Math.max(0, cursor - 1));
  const isBegun = from !== -1 && !text.slice(from, cursor).includes("}");
  const start = isBegun ? from : cursor;
  // What an earlier completion left behind the cursor is not written twice.
  const rest = text.slice(cursor).replace(/^[\w.[\]-]*\}/, "");
  const head = text.slice(0, start) + hint.text;
  return { text: head + rest, cursor: head.length };
}

/** The names of the inputs, as JSON Schema or as names with their presets. */
function inputsOf(definition: Definition): readonly Hint[] {
  const { input } = definition;
  if (!isFields(input)) return [];
  const isSchema = input.type === "object" && isFields(input.properties);
  const named = isSchema ? (input.properties as Record<string, Json>) : input;
  return Object.entries(named).map(([name, value]) => ({
    text: `\${input.${name}}`,
    type: isSchema ? typeIn(value) : typeOfValue(value),
    about: "an input",
  }));
}

/** What a schema takes, in a word. */
export function typeIn(schema: unknown): string {
  if (!isFields(schema)) return "any";
  const { type, anyOf, oneOf } = schema;
  if (type === "array") return "list";
  if (typeof type === "string") return type;
  const several = Array.isArray(type) ? type : (anyOf ?? oneOf);
  if (!Array.isArray(several)) return schema.enum === undefined ? "any" : "string";
  return several.map((each) => (isFields(each) ? typeIn(each) : String(each))).join(" or ");
}

/** Whether a value of one type fits where the other is wanted, as far as their words tell. */
export function fits(given: string, wanted: string): boolean {
  if (given === "any" || wanted === "any") return true;
  const takes = new Set(wanted.split(" or "));
  return given
    .split(" or ")
    .some((each) => takes.has(each) || (each === "integer" && takes.has("number")));
}

function stepsBefore(definition: Definition, id: string): ReadonlySet<string> {
  const connections = connectionsOf(definition).filter(({ because }) => because !== "reference");
  const found = new Set<string>();
  const open = [id];
  for (let at = open.pop(); at !== undefined; at = open.pop()) {
    for (const { from, to } of connections) {
      if (to !== at || found.has(from)) continue;
      found.add(from);
      open.push(from);
    }
  }
  return found;
}

function pathsOf(schema: unknown, root: string, deep: number): readonly Hint[] {
  if (!isFields(schema) || deep === 0) return [];
  if (schema.type === "array") {
    const item = `${root}[0]`;
    return [
      { text: `\${${item}}`, type: typeIn(schema.items), about: "the first" },
      ...pathsOf(schema.items, item, deep - 1),
    ];
  }
  if (!isFields(schema.properties)) return [];
  return Object.entries(schema.properties).flatMap(([name, property]) => {
    const path = `${root}.${name}`;
    const about = isFields(property) ? textOf(property.description) : "";
    return [
      { text: `\${${path}}`, type: typeIn(property), about },
      ...pathsOf(property, path, deep - 1),
    ];
  });
}

function typeOfValue(value: Json): string {
  if (Array.isArray(value)) return "list";
  return value === null ? "any" : typeof value;
}
