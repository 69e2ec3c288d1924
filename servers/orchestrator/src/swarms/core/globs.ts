import { TrestleError } from "@trestle/protocol";

/**
 * Paths and globs as file reservations name them, relative to one root: `*`, `?` and `[a-z]` within a name, `**` for
 * any number of folders, `{a,b}` for either. A path also stands for all that is below it.
 */
export interface PathPattern {
  readonly text: string;
  /** Each alternative, by its names; `**` stands for itself. */
  readonly alternatives: readonly (readonly (readonly Piece[] | "**")[])[];
}

/** One character: given, any (`?`), of a set; or any number of any (`*`). */
type Piece =
  | { readonly kind: "char"; readonly char: string }
  | { readonly kind: "any" }
  | { readonly kind: "star" }
  | { readonly kind: "set"; readonly ranges: readonly Range[] };
type Range = readonly [from: string, to: string];

const MAX_LENGTH = 400;
const MAX_ALTERNATIVES = 16;
const MAX_WILDCARDS = 24;

/**
 * Throws `invalid_input` for what is no relative path, and for what it could not be certain of. Upper and lower case
 * are the same: on some machines two such names are one file, and a conflict too many is better than one too few.
 */
export function parsePattern(text: string): PathPattern {
  if (text.length === 0 || text.length > MAX_LENGTH) {
    throw bad(text, `has 1 to ${MAX_LENGTH} characters`);
  }
  if (/[!+@?*]\(/.test(text) || text.startsWith("!")) throw bad(text, "knows no ! and no (…)");
  const path = text.normalize("NFC").replaceAll("\\", "/");
  if (path.startsWith("/") || /^[a-z]:/i.test(path))
    throw bad(text, "is relative to the root of the work");
  const alternatives = expand(path, text).map((each) => {
    const names = each.split("/").filter((name) => name !== "" && name !== ".");
    if (names.includes("..")) throw bad(text, "stays below the root of the work: no ..");
    return names.map((name) => (name === "**" ? "**" : parseName(name, text)));
  });
  return { text, alternatives };
}

/** Is there any path that both stand for? Never no where there is one; exact but for case, sets that exclude, and what lies below. */
export function overlap(one: PathPattern, other: PathPattern): boolean {
  return one.alternatives.some((a) => other.alternatives.some((b) => pathsMeet(a, b)));
}

type Names = PathPattern["alternatives"][number];

/** Over places in both: where one is at its end, the other is it or lies below it. */
function pathsMeet(a: Names, b: Names): boolean {
  const met = new Map<number, boolean>();
  const meet = (i: number, j: number): boolean => {
    if (i === a.length || j === b.length) return true;
    const key = i * (b.length + 1) + j;
    const known = met.get(key);
    if (known !== undefined) return known;
    met.set(key, false);
    const left = a[i] ?? "**";
    const right = b[j] ?? "**";
    const result =
      left === "**"
        ? meet(i + 1, j) || meet(i, j + 1)
        : right === "**"
          ? meet(i, j + 1) || meet(i + 1, j)
          : namesMeet(left, right) && meet(i + 1, j + 1);
    met.set(key, result);
    return result;
  };
  return meet(0, 0);
}

function namesMeet(a: readonly Piece[], b: readonly Piece[]): boolean {
  const met = new Map<number, boolean>();
  const meet = (i: number, j: number): boolean => {
    const left = a[i];
    const right = b[j];
    if (left === undefined && right === undefined) return true;
    const key = i * (b.length + 1) + j;
    const known = met.get(key);
    if (known !== undefined) return known;
    met.set(key, false);
    let result: boolean;
    if (left?.kind === "star") result = meet(i + 1, j) || (right !== undefined && meet(i, j + 1));
    else if (right?.kind === "star")
      result = meet(i, j + 1) || (left !== undefined && meet(i + 1, j));
    else if (left === undefined || right === undefined) result = false;
    else result = piecesMeet(left, right) && meet(i + 1, j + 1);
    met.set(key, result);
    return result;
  };
  return meet(0, 0);
}

function piecesMeet(a: Piece, b: Piece): boolean {
  if (a.kind === "char") return b.kind === "char" ? a.char === b.char : holds(b, a.char);
  if (b.kind === "char") return holds(a, b.char);
  if (a.kind !== "set" || b.kind !== "set") return true;
  return a.ranges.some(([from, to]) => b.ranges.some(([start, end]) => from <= end && start <= to));
}

function holds(piece: Piece, char: string): boolean {
  if (piece.kind !== "set") return true;
  return piece.ranges.some(([from, to]) => from <= char && char <= to);
}

function parseName(name: string, text: string): Piece[] {
  const pieces: Piece[] = [];
  const characters = [...name];
  for (let at = 0; at < characters.length; at += 1) {
    const char = characters[at] ?? "";
    if (char === "*") {
      if (pieces.at(-1)?.kind !== "star") pieces.push({ kind: "star" });
    } else if (char === "?") pieces.push({ kind: "any" });
    else if (char === "[") {
      const end = characters.indexOf("]", at + 2 + (characters[at + 1] === "^" ? 1 : 0));
      if (end === -1) throw bad(text, "closes every [ with a ]");
      pieces.push(parseSet(characters.slice(at + 1, end)));
      at = end;
    } else pieces.push({ kind: "char", char: char.toLowerCase() });
  }
  if (pieces.filter(({ kind }) => kind !== "char").length > MAX_WILDCARDS) {
    throw bad(text, `has at most ${MAX_WILDCARDS} wildcards in a name`);
  }
  return pieces;
}

/** Where case makes it unclear what a set holds, it holds everything. */
function parseSet(inner: readonly string[]): Piece {
  if (inner[0] === "^" || inner[0] === "!") return { kind: "any" };
  const ranges: Range[] = [];
  for (let at = 0; at < inner.length; at += 1) {
    const from = inner[at] ?? "";
    const to = inner[at + 1] === "-" ? inner[at + 2] : undefined;
    if (to !== undefined) {
      if (!/^(?:[a-z]{2}|[A-Z]{2}|[0-9]{2})$/.test(from + to)) return { kind: "any" };
      at += 2;
    }
    ranges.push([from.toLowerCase(), (to ?? from).toLowerCase()]);
  }
  return { kind: "set", ranges };
}

/** `{a,b}` and everything around them, each alternative written out. */
function expand(path: string, text: string): string[] {
  const open = path.lastIndexOf("{");
  if (open === -1) return [path];
  const close = path.indexOf("}", open);
  if (close === -1) throw bad(text, "closes every { with a }");
  const inner = path.slice(open + 1, close).split(",");
  const all = inner.flatMap((each) =>
    expand(`${path.slice(0, open)}${each}${path.slice(close + 1)}`, text),
  );
  if (all.length > MAX_ALTERNATIVES)
    throw bad(text, `has at most ${MAX_ALTERNATIVES} alternatives`);
  return all;
}

function bad(text: string, rule: string): TrestleError {
  return new TrestleError(
    "invalid_input",
    `"${text.slice(0, 80)}" is no path to reserve: it ${rule}`,
  );
}
