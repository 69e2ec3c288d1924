import { nearestName } from "@trestle/protocol";
import type * as z from "zod";
import type { KeyPath } from "./document.ts";

/** What is wrong with one key, in words for whoever wrote it. */
export interface Fault {
  readonly path: KeyPath;
  readonly message: string;
}

/** The faults that a schema found. An unknown key is answered with the nearest one that is known. */
export function faultsOf(error: z.ZodError, schema: unknown): Fault[] {
  return error.issues.flatMap((issue) => faultsOfIssue(issue, schema));
}

function faultsOfIssue(issue: z.core.$ZodIssue, schema: unknown): Fault[] {
  const path = issue.path as KeyPath;
  if (issue.code === "unrecognized_keys") {
    const known = Object.keys(shapeOf(schemaAt(schema, path)));
    return issue.keys.map((key) => ({
      path: [...path, key],
      message: `unknown key; ${adviceFor(key, known)}`,
    }));
  }
  // Of several forms that were tried, what was meant is the one that failed deepest.
  if (issue.code === "invalid_union" && issue.errors.length > 0) {
    const [deepest] = issue.errors.toSorted((a, b) => depthOf(b) - depthOf(a));
    if (deepest && depthOf(deepest) > 0) {
      return deepest.flatMap((inner) =>
        faultsOfIssue({ ...inner, path: [...path, ...inner.path] } as typeof issue, schema),
      );
    }
  }
  return [{ path, message: issue.message }];
}

function adviceFor(key: string, known: readonly string[]): string {
  const near = nearestName(key, known);
  return near ? `did you mean "${near}"?` : `known: ${known.join(", ")}.`;
}

function depthOf(issues: readonly z.core.$ZodIssue[]): number {
  return Math.max(
    0,
    ...issues.map(({ path, code }) => path.length + (code === "unrecognized_keys" ? 1 : 0)),
  );
}

interface SchemaNode {
  readonly shape?: Record<string, unknown>;
  readonly def?: {
    readonly innerType?: unknown;
    readonly valueType?: unknown;
    readonly element?: unknown;
    readonly options?: readonly unknown[];
  };
}

function schemaAt(schema: unknown, path: KeyPath): unknown {
  return path.reduce((node: unknown, key) => childOf(unwrap(node), key), schema);
}

function childOf({ shape, def }: SchemaNode, key: string | number): unknown {
  if (shape) return shape[String(key)];
  if (def?.options) return def.options.map((option) => childOf(unwrap(option), key)).find(Boolean);
  return def?.valueType ?? def?.element;
}

/** The fields of an object schema, or of those of a choice together. */
function shapeOf(schema: unknown): Record<string, unknown> {
  const { shape, def } = unwrap(schema);
  if (shape) return shape;
  return Object.assign({}, ...(def?.options ?? []).map(shapeOf));
}

/** Without what gives a schema a default or makes it optional. */
function unwrap(schema: unknown): SchemaNode {
  const node = (schema ?? {}) as SchemaNode;
  return node.shape || node.def?.innerType === undefined ? node : unwrap(node.def.innerType);
}
