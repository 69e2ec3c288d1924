import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { type Node, type ParseResult, parseSync, visitorKeys } from "oxc-parser";

/** The top folder of the repository. */
export const root = dirname(dirname(fileURLToPath(import.meta.url)));

/** Whether git can say which files belong to the repository. */
export const isCheckout = existsSync(join(root, ".git"));

/** Tracked files, relative to the top folder, that still exist. */
export function trackedFiles(...patterns: string[]): string[] {
  const listed = execFileSync("git", ["ls-files", "-z", "--", ...patterns], { cwd: root });
  return listed
    .toString("utf8")
    .split("\0")
    .filter((path) => path !== "" && existsSync(join(root, path)));
}

export function readTracked(path: string): string {
  return readFileSync(join(root, path), "utf8");
}

/** True for code that runs only in tests. */
export function isTest(path: string): boolean {
  return /\.test\.tsx?$|^test\/|\/test\/|\/_[^/]+\.ts$/.test(path);
}

/** One source file, parsed. */
export interface Source {
  readonly path: string;
  readonly text: string;
  readonly lines: number;
  /** Specifiers of every import and re-export, dynamic ones with a literal included. */
  readonly imports: readonly string[];
  readonly hasDefaultExport: boolean;
  readonly functions: readonly FunctionSize[];
}

export interface FunctionSize {
  readonly name: string;
  /** First line in the file, from 1. */
  readonly line: number;
  /** From first to last line. */
  readonly lines: number;
  /** Without the functions declared in it and the methods it returns: those stand for themselves. */
  readonly ownLines: number;
}

export function readSource(path: string): Source {
  return parseSource(path, readTracked(path));
}

export function parseSource(path: string, text: string): Source {
  const parsed = parseSync(path, text);
  const [problem] = parsed.errors;
  if (problem) throw new Error(`${path} cannot be parsed: ${problem.message}`);
  return {
    path,
    text,
    lines: countLines(text),
    imports: importsOf(parsed, text),
    hasDefaultExport: parsed.module.staticExports.some(({ entries }) =>
      entries.some(
        ({ exportName }) => exportName.kind === "Default" || exportName.name === "default",
      ),
    ),
    functions: functionsOf(parsed, text),
  };
}

function importsOf({ module }: ParseResult, text: string): string[] {
  const stated = module.staticImports.map((each) => each.moduleRequest.value);
  const passedOn = module.staticExports.flatMap(({ entries }) =>
    entries.flatMap((entry) => entry.moduleRequest?.value ?? []),
  );
  const dynamic = module.dynamicImports.flatMap(({ moduleRequest: { start, end } }) => {
    const literal = /^(["'`])([^"'`$]*)\1$/.exec(text.slice(start, end));
    return literal?.[2] ?? [];
  });
  return [...stated, ...passedOn, ...dynamic];
}

/** Every function with a body, the inner ones too. */
function functionsOf({ program }: ParseResult, text: string): FunctionSize[] {
  const found: { -readonly [Key in keyof FunctionSize]: FunctionSize[Key] }[] = [];
  const lineAt = lineFinder(text);
  visit(program, { name: "anonymous", around: [] });
  return found;

  function visit(node: Node, above: Above): void {
    const name = nameOf(node) ?? above.name;
    let { around } = above;
    if (isFunction(node)) {
      const line = lineAt(node.start);
      const lines = lineAt(node.end - 1) - line + 1;
      const size = { name, line, lines, ownLines: lines };
      found.push(size);
      const standsAlone = node.type === "FunctionDeclaration" || isMethod(above.parent);
      if (standsAlone) for (const outer of around) outer.ownLines -= lines;
      around = standsAlone ? [size] : [...around, size];
    }
    for (const child of childrenOf(node)) visit(child, { name, around, parent: node });
  }
}

/** Where a node is met: the nearest name, and the functions whose own lines it belongs to. */
interface Above {
  readonly name: string;
  readonly around: readonly { ownLines: number }[];
  readonly parent?: Node;
}

function isFunction(node: Node): boolean {
  return /^(FunctionDeclaration|FunctionExpression|ArrowFunctionExpression)$/.test(node.type);
}

function isMethod(parent: Node | undefined): boolean {
  if (parent?.type === "MethodDefinition") return true;
  return parent?.type === "Property" && (parent.method || parent.kind !== "init");
}

function childrenOf(node: Node): Node[] {
  const children = (visitorKeys[node.type] ?? []).map((key): unknown => node[key as keyof Node]);
  return children.flat().filter(isNode);
}

function nameOf(node: Node): string | undefined {
  const named: unknown = "id" in node ? node.id : "key" in node ? node.key : undefined;
  return isNode(named) && "name" in named ? String(named.name) : undefined;
}

function isNode(value: unknown): value is Node {
  return typeof value === "object" && value !== null && "type" in value;
}

function lineFinder(text: string): (offset: number) => number {
  const starts = [0];
  for (let at = text.indexOf("\n"); at !== -1; at = text.indexOf("\n", at + 1)) starts.push(at + 1);
  return (offset) => starts.findLastIndex((start) => start <= offset) + 1;
}

function countLines(text: string): number {
  return text === "" ? 0 : text.replace(/\n$/, "").split("\n").length;
}
