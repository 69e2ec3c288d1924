import { type JsonValue, parseJson, TrestleError } from "@trestle/protocol";
import { type Reference, type ReferenceNames, readReference } from "./references.ts";

export type Token =
  | { readonly kind: "word"; readonly text: string; readonly at: number }
  | {
      readonly kind: "value";
      readonly value: JsonValue;
      readonly text: string;
      readonly at: number;
    }
  | {
      readonly kind: "reference";
      readonly reference: Reference;
      readonly text: string;
      readonly at: number;
    }
  | { readonly kind: "end"; readonly text: ""; readonly at: number };

const blank = /\s+/y;
const symbol = /==|!=|<=|>=|&&|\|\||[<>!()]/y;
const number = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?(?![\w.])/y;
const text = /"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'/y;
const word = /[A-Za-z_]\w*/y;
const literals = new Map<string, JsonValue>([
  ["true", true],
  ["false", false],
  ["null", null],
]);
const synonyms = new Map([
  ["&&", "and"],
  ["||", "or"],
  ["!", "not"],
]);

export function tokenize(source: string, names: ReferenceNames): Token[] {
  const tokens: Token[] = [];
  let at = 0;
  while (at < source.length) {
    const space = matchAt(blank, source, at);
    if (space === undefined) {
      const token = readToken(source, at, names);
      tokens.push(token);
      at += token.text.length;
    } else at += space.length;
  }
  return [...tokens, { kind: "end", text: "", at }];
}

/** A fault of a condition, with the place where it begins. */
export function badCondition(source: string, at: number, problem: string): TrestleError {
  const before = source.slice(Math.max(0, at - 30), at);
  const after = source.slice(at, at + 30);
  return new TrestleError(
    "invalid_input",
    `${problem} at character ${at + 1}: ${before}▸${after}`,
    { details: { position: at } },
  );
}

function readToken(source: string, at: number, names: ReferenceNames): Token {
  if (source[at] === "$") return readReferenceToken(source, at, names);
  const spelt = matchAt(symbol, source, at) ?? matchAt(word, source, at);
  if (spelt !== undefined) {
    const value = literals.get(spelt);
    if (value !== undefined) return { kind: "value", value, text: spelt, at };
    return { kind: "word", text: spelt, at };
  }
  const digits = matchAt(number, source, at);
  if (digits !== undefined) return { kind: "value", value: parseJson(digits), text: digits, at };
  const quoted = matchAt(text, source, at);
  if (quoted !== undefined) return { kind: "value", value: unquote(quoted), text: quoted, at };
  throw badCondition(source, at, problemAt(source[at] ?? ""));
}

/** What a token says: `&&` and `and` are one. */
export function meaningOf({ text }: Token): string {
  return synonyms.get(text) ?? text;
}

function readReferenceToken(source: string, at: number, names: ReferenceNames): Token {
  const reference = readReference(source, at, names);
  if (reference !== undefined) return { kind: "reference", reference, text: reference.text, at };
  const known = names.inputs.map((name) => `$${name}`);
  const list = ["$last_result", "$step_1", ...known, `\${${names.roots.results}.STEP.path}`].join(
    ", ",
  );
  throw badCondition(source, at, `This dollar begins no reference (there are ${list})`);
}

function problemAt(character: string): string {
  if (character === "=") return "A comparison is written == here; found =";
  if (character === '"' || character === "'") return "This text is never closed";
  return `Unexpected ${JSON.stringify(character)}`;
}

function unquote(quoted: string): string {
  return quoted.slice(1, -1).replaceAll(/\\(.)/gs, (_whole, character: string) => {
    if (character === "n") return "\n";
    return character === "t" ? "\t" : character;
  });
}

function matchAt(pattern: RegExp, source: string, at: number): string | undefined {
  pattern.lastIndex = at;
  return pattern.exec(source)?.[0];
}
