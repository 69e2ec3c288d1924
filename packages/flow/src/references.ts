import { nearestName, TrestleError } from "@trestle/protocol";

/** What a reference may begin with, where it stands. */
export interface ReferenceNames {
  /** Declared inputs: `$name` is `${input.name}`. */
  readonly inputs: readonly string[];
  /** Ids of all steps in the order of the chain: `$step_2` is the second of them. */
  readonly stepIds: readonly string[];
  readonly roots: Roots;
}

/** The words that open a `${root.path}`. */
export interface Roots {
  /** Results of steps by id; `results` by default. */
  readonly results: string;
  /** Inputs by name; `input` by default. */
  readonly input: string;
  /** Roots whose values are given when the flow begins; `metadata` by default. */
  readonly others: readonly string[];
}

export const DEFAULT_ROOTS: Roots = { results: "results", input: "input", others: ["metadata"] };

/** One reference. Whatever way it was spelt, `$step_1.a`, `${results.fetch.a}`: root and path say what is meant. */
export interface Reference {
  /** As written, for messages and for the plan of a dry run. */
  readonly text: string;
  /** Where in its string it begins. */
  readonly at: number;
  /** A root's name, or `last_result`. */
  readonly root: string;
  /** Names, and numbers that stood in brackets. */
  readonly path: readonly (string | number)[];
}

export const LAST_RESULT = "last_result";
const MAX_PATH = 32;
const MAX_LENGTH = 1_000;

/** Names that mean a step, whatever inputs there are. */
export const STEP_NAME: RegExp = /^(?:last_result|step_\d+)$/;

const bareName = /\$([\p{L}_][\p{L}\p{N}_]*)/uy;
const bareSegment = /\.([\p{L}_][\p{L}\p{N}_]*|\d+)|\[(-?\d+)\]|\[("[^"\\]*"|'[^'\\]*')\]/uy;
const bracedName = /\$\{\s*([\p{L}_][\p{L}\p{N}_-]*)/uy;
const bracedSegment = /\.([\p{L}\p{N}_-]+)|\[(-?\d+)\]|\[("[^"\\]*"|'[^'\\]*')\]/uy;
const bracedEnd = /\s*\}/y;

/**
 * Reads the reference that begins with the dollar at `at`; undefined where that dollar is literal.
 *
 * Only `$last_result`, `$step_N`, `$` with a declared input's name, and `${…}` are references, so
 * that `$1`, `$$body$$`, `$5.00` and `$PATH` survive. Throws `invalid_input` for a `${…}` that names
 * nothing and for a name squeezed between dollars, which could be a dollar quote as well.
 */
export function readReference(
  text: string,
  at: number,
  names: ReferenceNames,
): Reference | undefined {
  return text[at + 1] === "{" ? readBraced(text, at, names) : readBare(text, at, names);
}

/** Whether the dollar at `at` is more than a dollar, if nothing escapes it. */
export function beginsReference(text: string, at: number, names: ReferenceNames): boolean {
  if (text[at + 1] === "{") return true;
  const name = matchAt(bareName, text, at)?.[1];
  return name !== undefined && (STEP_NAME.test(name) || names.inputs.includes(name));
}

function readBare(text: string, at: number, names: ReferenceNames): Reference | undefined {
  const name = matchAt(bareName, text, at)?.[1];
  if (name === undefined || !beginsReference(text, at, names)) return undefined;
  refuseDollarQuote(text, at, name, names);
  const { path, end } = readPath(bareSegment, text, at + 1 + name.length);
  return toReference({ text: text.slice(at, end), at, name, path }, names);
}

function readBraced(text: string, at: number, names: ReferenceNames): Reference {
  const opening = matchAt(bracedName, text, at);
  const name = opening?.[1];
  if (opening === undefined || name === undefined) throw notAReference(text, at);
  const { path, end } = readPath(bracedSegment, text, at + opening[0].length);
  const closing = matchAt(bracedEnd, text, end);
  if (closing === undefined) throw notAReference(text, at);
  return toReference({ text: text.slice(at, end + closing[0].length), at, name, path }, names);
}

function readPath(segment: RegExp, text: string, from: number) {
  const path: (string | number)[] = [];
  let end = from;
  for (;;) {
    const found = matchAt(segment, text, end);
    if (found === undefined) return { path, end };
    const [whole, name, index, quoted] = found;
    path.push(name ?? (index === undefined ? (quoted ?? "").slice(1, -1) : Number(index)));
    end += whole.length;
  }
}

interface Spelt {
  readonly text: string;
  readonly at: number;
  readonly name: string;
  readonly path: readonly (string | number)[];
}

/** Brings every spelling to one form, and refuses what no value can ever answer. */
function toReference({ text, at, name, path }: Spelt, names: ReferenceNames): Reference {
  const { roots } = names;
  if (text.length > MAX_LENGTH) throw bad(`a reference has at most ${MAX_LENGTH} characters`);
  if (path.length > MAX_PATH) throw bad(`${text} goes deeper than ${MAX_PATH} levels`);
  if (path.includes("__proto__")) throw bad(`${text} names "__proto__", which no value has`);
  const isBraced = text.startsWith("${");
  if (isBraced && name === roots.results) return resultReference({ text, at, name, path }, names);
  if (isBraced && (name === roots.input || roots.others.includes(name))) {
    return inputReference({ text, at, root: name, path }, names);
  }
  if (name === LAST_RESULT) return { text, at, root: LAST_RESULT, path };
  if (STEP_NAME.test(name)) {
    return { text, at, root: roots.results, path: [stepAt(name, text, names), ...path] };
  }
  if (names.inputs.includes(name)) return { text, at, root: roots.input, path: [name, ...path] };
  const known = [roots.results, roots.input, ...roots.others, LAST_RESULT, ...names.inputs];
  throw bad(`${text} names nothing known${didYouMean(name, known)}; for a literal write \\${text}`);
}

function resultReference({ text, at, name, path }: Spelt, names: ReferenceNames): Reference {
  const id = path[0];
  if (typeof id !== "string") throw bad(`${text} names no step; write \${${name}.STEP.path}`);
  if (!names.stepIds.includes(id)) {
    throw bad(`${text} names no step of this chain${didYouMean(id, names.stepIds)}`);
  }
  return { text, at, root: name, path };
}

function inputReference(reference: Reference, names: ReferenceNames): Reference {
  const name = reference.path[0];
  if (reference.root !== names.roots.input || name === undefined) return reference;
  if (!names.inputs.includes(String(name))) {
    const hint = didYouMean(String(name), names.inputs);
    throw bad(`${reference.text} names no declared input${hint}`);
  }
  return reference;
}

function stepAt(name: string, text: string, { stepIds }: ReferenceNames): string {
  const id = stepIds[Number(name.slice("step_".length)) - 1];
  if (id !== undefined) return id;
  const range = stepIds.length === 1 ? "only $step_1 exists" : `steps count to ${stepIds.length}`;
  throw bad(`${text} names no step of this chain: the first is $step_1, and ${range}`);
}

/** `$$name` and `$name$` may be a dollar quote or a value beside a dollar: the author must say which. */
function refuseDollarQuote(text: string, at: number, name: string, names: ReferenceNames): void {
  const end = at + 1 + name.length;
  const isFollowed = text[end] === "$" && !beginsReference(text, end, names);
  if (text[at - 1] !== "$" && !isFollowed) return;
  throw bad(
    `"$${name}" beside another dollar could be a dollar quote or the value of "${name}"; ` +
      `write \${${name}} for the value, \\$${name} for the text`,
  );
}

function notAReference(text: string, at: number): TrestleError {
  const closing = text.indexOf("}", at);
  const shown = text.slice(at, closing === -1 ? at + 24 : Math.min(closing + 1, at + 60));
  const problem = closing === -1 ? "is never closed" : "is no reference";
  return bad(`${shown} ${problem} (character ${at + 1}); for a literal write \\\${`);
}

/** The end of a message about an unknown name. Results may hold any number of names of any length. */
export function didYouMean(name: string, known: readonly string[]): string {
  const readable = known.slice(0, 500).filter((each) => each.length <= 64);
  const nearest = name.length > 64 ? undefined : nearestName(name, readable);
  return nearest === undefined ? knownNames(readable) : `; did you mean "${nearest}"?`;
}

/** The names there are, as far as a message can carry them. */
function knownNames(known: readonly string[]): string {
  if (known.length === 0) return "; there is none";
  return `; known: ${known.slice(0, 8).join(", ")}${known.length > 8 ? ", …" : ""}`;
}

function matchAt(pattern: RegExp, text: string, at: number): RegExpExecArray | undefined {
  pattern.lastIndex = at;
  return pattern.exec(text) ?? undefined;
}

function bad(message: string): TrestleError {
  return new TrestleError("invalid_input", message);
}
