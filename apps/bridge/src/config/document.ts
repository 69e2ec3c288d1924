import { TrestleError } from "@trestle/protocol";
import {
  createScanner,
  findNodeAtLocation,
  type Node,
  type ParseError,
  parseTree,
  printParseErrorCode,
} from "jsonc-parser";
import { withoutMark } from "./text.ts";

export type KeyPath = readonly (string | number)[];

export function pathOf(path: KeyPath): string {
  return path.join(".");
}

/** A configuration file as it was read, with the way back from a key to its line. */
export interface ConfigDocument {
  readonly path: string;
  readonly value: unknown;
  /** Of the key itself, or of the nearest key around it that is there. */
  lineOf(path: KeyPath): number;
}

/**
 * Reads JSON with comments and trailing commas, which stands or is to stand in the file `path`. What cannot
 * be read throws `invalid_config` by line.
 */
export function parseDocument(written: string, path: string): ConfigDocument {
  const text = withoutMark(written);
  const deep = tooDeepAt(text);
  if (deep !== undefined) {
    const most = `${DEEPEST} brackets in one another`;
    throw new TrestleError("invalid_config", `${path}:${lineAt(text, deep)}: more than ${most}.`);
  }
  const errors: ParseError[] = [];
  const tree = parseTree(text, errors, { allowTrailingComma: true });
  const [first] = errors;
  if (first || !tree) {
    const what = first ? printParseErrorCode(first.error) : "is empty";
    const line = lineAt(text, first?.offset ?? 0);
    throw new TrestleError("invalid_config", `${path}:${line}: not valid JSON (${what}).`);
  }
  return {
    path,
    value: toValue(tree),
    lineOf(keys) {
      for (let length = keys.length; length > 0; length -= 1) {
        const node = findNodeAtLocation(tree, keys.slice(0, length));
        if (!node) continue;
        return lineAt(text, node.parent?.type === "property" ? node.parent.offset : node.offset);
      }
      return 1;
    },
  };
}

/** Whoever reads a tree goes into its depth, and has no stack for any. */
const DEEPEST = 200;

/** Where the brackets stand in one another more often than that. */
function tooDeepAt(text: string): number | undefined {
  const scanner = createScanner(text, true);
  let depth = 0;
  for (scanner.scan(); scanner.getTokenOffset() < text.length; scanner.scan()) {
    const at = scanner.getTokenOffset();
    const first = text[at];
    if (first === "{" || first === "[") depth += 1;
    if (first === "}" || first === "]") depth -= 1;
    if (depth > DEEPEST) return at;
  }
  return undefined;
}

function lineAt(text: string, offset: number): number {
  return text.slice(0, offset).split("\n").length;
}

function toValue(node: Node): unknown {
  if (node.type === "array") return (node.children ?? []).map(toValue);
  if (node.type !== "object") return node.value;
  return Object.fromEntries(
    (node.children ?? []).map(({ children: [key, value] = [] }) => [
      key?.value,
      value ? toValue(value) : undefined,
    ]),
  );
}
