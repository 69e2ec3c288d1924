import { isJsonObject, type JsonObject, type JsonValue } from "@trestle/protocol";
import type { ChainInputs } from "./inputs.ts";
import { type Place, placeText } from "./places.ts";
import { isHidden, isScalar, type RecordedCall, stepIdOf } from "./recorded.ts";
import type { Found, Sources } from "./sources.ts";
import { tellingOf } from "./telling.ts";

/** A value of an argument, as far as it is known where it comes from. */
export type Piece =
  | { readonly kind: "constant"; readonly value: JsonValue }
  | { readonly kind: "reference"; readonly text: string }
  /** Literal text and references in turn. */
  | { readonly kind: "text"; readonly parts: readonly (string | { readonly reference: string })[] }
  | { readonly kind: "list"; readonly items: readonly Piece[] }
  | { readonly kind: "object"; readonly entries: readonly (readonly [string, Piece])[] };

/** Something that a person should look at: it could as well be otherwise. */
export interface Choice {
  readonly step: string;
  readonly argument: string;
  readonly value: JsonValue;
  /** What was taken: a reference, an input, or the value as it was. */
  readonly taken: string;
  /** What it could be as well. */
  readonly others: readonly string[];
}

export interface Link {
  readonly step: string;
  readonly argument: string;
  readonly reference: string;
}

export interface InferParts {
  readonly sources: Sources;
  readonly inputs: ChainInputs;
}

export interface Inferred {
  readonly arguments: Piece;
  readonly links: readonly Link[];
  readonly choices: readonly Choice[];
}

/** What people are shown of the other places that a value could come from. */
const MOST_OTHERS = 5;

/** Says of every value in the arguments of one call where it comes from. */
export function inferArguments(
  call: RecordedCall,
  index: number,
  { sources, inputs }: InferParts,
): Inferred {
  const step = stepIdOf(index);
  const links: Link[] = [];
  const choices: Choice[] = [];
  const texts = sources.texts(index);

  function visit(value: JsonValue, place: Place): Piece {
    const linked = place.length === 0 ? undefined : link(value, place);
    if (linked !== undefined) return linked;
    if (isScalar(value)) return constant(value, place);
    if (Array.isArray(value)) return visitList(value, place);
    return {
      kind: "object",
      entries: Object.entries(value as JsonObject).flatMap(([name, item]) =>
        item === undefined ? [] : [[name, visit(item, [...place, name])] as const],
      ),
    };
  }

  function visitList(list: readonly JsonValue[], place: Place): Piece {
    const items = list.map((item, at) => link(item, [...place, at]));
    // A list that nothing in comes from elsewhere is one value to whoever runs the chain.
    if (items.every((item) => item === undefined) && !list.some(holdsHidden)) {
      const name = inputs.nameFor([...list], { ...call, place });
      if (name !== undefined) return { kind: "reference", text: inputReference(name) };
    }
    return {
      kind: "list",
      items: list.map((item, at) => items[at] ?? visit(item, [...place, at])),
    };
  }

  function link(value: JsonValue, place: Place): Piece | undefined {
    if (isHidden(value) || tellingOf(value) === "none") return undefined;
    const found = sources.of(value, { index, place });
    const [best] = found;
    if (best === undefined || !best.isSure) return undefined;
    links.push({ step, argument: placeText(place), reference: best.source.reference });
    const rivals = found.slice(1).filter((each) => each.isSure && each.isAlike === best.isAlike);
    noteChoice({ value, place, taken: best.source.reference, others: rivals });
    return { kind: "reference", text: best.source.reference };
  }

  function constant(value: JsonValue, place: Place): Piece {
    const text = typeof value === "string" && !isHidden(value) ? embedded(value, place) : undefined;
    if (text !== undefined) return text;
    const name = inputs.nameFor(value, { ...call, place });
    const taken = name === undefined ? "the value as it was" : inputReference(name);
    noteChoice({ value, place, taken, others: sources.of(value, { index, place }) });
    return name === undefined
      ? { kind: "constant", value }
      : { kind: "reference", text: inputReference(name) };
  }

  function embedded(text: string, place: Place): Piece | undefined {
    const parts = split(text, texts);
    if (parts.length < 2 && typeof parts[0] === "string") return undefined;
    for (const part of parts) {
      if (typeof part === "string") continue;
      links.push({ step, argument: placeText(place), reference: part.reference });
    }
    return { kind: "text", parts };
  }

  function noteChoice(noted: {
    readonly value: JsonValue;
    readonly place: Place;
    readonly taken: string;
    readonly others: readonly Found[];
  }): void {
    const { value, place, taken } = noted;
    const others = noted.others.slice(0, MOST_OTHERS).map(({ source }) => source.reference);
    if (others.length > 0) choices.push({ step, argument: placeText(place), value, taken, others });
  }

  return { arguments: visit(call.arguments, []), links, choices };
}

function inputReference(name: string): string {
  return `\${input.${name}}`;
}

function holdsHidden(value: JsonValue): boolean {
  if (isScalar(value)) return isHidden(value);
  return Object.values(value as JsonObject).some((item) => item !== undefined && holdsHidden(item));
}

/** The text with references in the place of what earlier results said, where that stands as a word. */
function split(
  text: string,
  texts: ReturnType<Sources["texts"]>,
): (string | { readonly reference: string })[] {
  let parts: (string | { readonly reference: string })[] = [text];
  for (const { text: word, source } of texts) {
    if (word.length >= text.length) continue;
    parts = parts.flatMap((part) =>
      typeof part === "string" ? splitAt(part, word, source.reference) : [part],
    );
  }
  return parts;
}

function splitAt(text: string, word: string, reference: string) {
  const parts: (string | { readonly reference: string })[] = [];
  let from = 0;
  for (let at = text.indexOf(word); at !== -1; at = text.indexOf(word, at + word.length)) {
    const isWord = !/[\p{L}\p{N}_]/u.test(`${text[at - 1] ?? " "}${text[at + word.length] ?? " "}`);
    if (!isWord || at < from) continue;
    if (at > from) parts.push(text.slice(from, at));
    parts.push({ reference });
    from = at + word.length;
  }
  return from === 0 ? [text] : from < text.length ? [...parts, text.slice(from)] : parts;
}

/** Everything in a piece that must be written with care, once all inputs have their names. */
export function render(piece: Piece, quote: (text: string) => string): JsonValue {
  switch (piece.kind) {
    case "constant":
      return escaped(piece.value, quote);
    case "reference":
      return piece.text;
    case "text":
      return piece.parts
        .map((part) => (typeof part === "string" ? quote(part) : part.reference))
        .join("");
    case "list":
      return piece.items.map((item) => render(item, quote));
    case "object":
      return Object.fromEntries(piece.entries.map(([name, item]) => [name, render(item, quote)]));
  }
}

function escaped(value: JsonValue, quote: (text: string) => string): JsonValue {
  if (typeof value === "string") return quote(value);
  if (Array.isArray(value)) return value.map((item) => escaped(item, quote));
  if (isScalar(value) || !isJsonObject(value)) return value;
  const entries = Object.entries(value).map(([name, item]) => [
    name,
    item === undefined ? item : escaped(item, quote),
  ]);
  return Object.fromEntries(entries);
}
