import {
  isJsonObject,
  type JsonObject,
  type JsonValue,
  nearestName,
  TrestleError,
} from "@trestle/protocol";
import * as z from "zod";

const roleName = z.string().regex(/^[a-z][a-z0-9_]{0,31}$/);

/** A workflow whose steps name roles in the place of servers, and which server has each role unless told otherwise. */
export const template = z.strictObject({
  description: z.string().min(1),
  bindings: z.record(
    roleName,
    z.strictObject({
      server: z.string().min(1),
      about: z.string().min(1),
      tools: z.array(z.string().min(1)).min(1),
    }),
  ),
  workflow: z.record(z.string(), z.json()),
});
export type Template = z.output<typeof template>;

/** Another server for a role; where its tools are called otherwise, or name their arguments otherwise, how. */
export const binding = z.union([
  z.string().min(1),
  z.strictObject({
    server: z.string().min(1),
    tools: z.record(z.string(), z.string().min(1)).optional().describe("Its own name of a tool"),
    arguments: z
      .record(z.string(), z.record(z.string(), z.string().min(1)))
      .optional()
      .describe("By tool: its own names of arguments"),
  }),
]);
export type Binding = z.output<typeof binding>;

/** What is told of a template to whoever might use it. */
export interface TemplateSummary {
  readonly id: string;
  readonly description: string;
  readonly bindings: Readonly<
    Record<string, { readonly server: string; readonly about: string; readonly tools: string[] }>
  >;
  readonly input: JsonObject;
}

export function summaryOf({ description, bindings, workflow }: Template): TemplateSummary {
  const input = isJsonObject(workflow.input as JsonValue) ? (workflow.input as JsonObject) : {};
  return { id: String(workflow.id), description, bindings, input };
}

/**
 * The workflow of a template, with each role bound to a server. Throws `invalid_input` for a role or a tool that
 * the template does not know.
 */
export function instantiate(
  { bindings, workflow }: Template,
  given: Readonly<Record<string, Binding>> = {},
  facts: { readonly id?: string; readonly version?: string } = {},
): JsonObject {
  const roles = Object.keys(bindings);
  const wrong = Object.keys(given).find((role) => !roles.includes(role));
  if (wrong !== undefined) throw unknown("role", wrong, roles);
  const bound = new Map(
    Object.entries(bindings).map(([role, { server, tools }]) => {
      const own = given[role];
      return [role, own === undefined ? { server } : readBinding(own, tools)];
    }),
  );
  const steps = Array.isArray(workflow.steps) ? workflow.steps : [];
  return {
    ...(workflow as JsonObject),
    ...facts,
    steps: steps.map((step) => bindStep(step as JsonObject, bound)),
  };
}

type Bound = Exclude<Binding, string>;

function readBinding(own: Binding, tools: readonly string[]): Bound {
  const bound = typeof own === "string" ? { server: own } : own;
  const named = [...Object.keys(bound.tools ?? {}), ...Object.keys(bound.arguments ?? {})];
  const wrong = named.find((tool) => !tools.includes(tool));
  if (wrong !== undefined) throw unknown("tool", wrong, tools);
  return bound;
}

function bindStep(step: JsonObject, bound: ReadonlyMap<string, Bound>): JsonObject {
  const { compensate } = step;
  return {
    ...bindCall(step, bound),
    ...(isJsonObject(compensate) ? { compensate: bindCall(compensate, bound) } : {}),
  };
}

function bindCall(call: JsonObject, bound: ReadonlyMap<string, Bound>): JsonObject {
  const { server, tool, arguments: args } = call;
  const to = bound.get(String(server));
  if (to === undefined || typeof tool !== "string") return call;
  const renames = to.arguments?.[tool];
  return {
    ...call,
    server: to.server,
    tool: to.tools?.[tool] ?? tool,
    ...(renames === undefined || !isJsonObject(args)
      ? {}
      : {
          arguments: Object.fromEntries(
            Object.entries(args).map(([name, value]) => [renames[name] ?? name, value ?? null]),
          ),
        }),
  };
}

function unknown(what: "role" | "tool", name: string, known: readonly string[]): TrestleError {
  const near = nearestName(name, [...known]);
  const advice = near === undefined ? `there are ${known.join(", ")}` : `did you mean "${near}"?`;
  return new TrestleError(
    "invalid_input",
    `bindings: the template knows no ${what} "${name}"; ${advice}`,
  );
}
