import { createWorkflow, neverRuns, type WorkflowPlan } from "@trestle/flow";
import { isJsonObject, type JsonObject, nearestName } from "@trestle/protocol";

/** More are of no use to whoever reads them. */
const MOST = 20;

/**
 * What of a workflow is probably not meant so, though it can run: steps that no run comes to, tools that nobody
 * lists, arguments that a tool does not know. `tools`: entries of `tools/list`, where they could be asked for.
 */
export function warningsOf(plan: WorkflowPlan, tools?: readonly JsonObject[]): string[] {
  const never = neverRuns(createWorkflow(plan).flow).map(
    ({ id, because }) => `Step "${id}" never runs: ${because}`,
  );
  const calls = tools === undefined ? [] : aboutTools(plan, tools);
  const all = [...never, ...calls];
  return all.length > MOST ? [...all.slice(0, MOST), `and ${all.length - MOST} more`] : all;
}

/** All tools that a plan calls, those that undo included. */
export function callsOf({ steps }: WorkflowPlan) {
  return steps.flatMap(({ id, work, compensate }) => [
    ...(work.kind === "task" ? [{ step: id, ...work }] : []),
    ...(compensate === undefined ? [] : [{ step: id, ...compensate }]),
  ]);
}

function aboutTools(plan: WorkflowPlan, tools: readonly JsonObject[]): string[] {
  const listed = new Map(tools.map((tool) => [String(tool.name), tool]));
  return callsOf(plan).flatMap(({ step, server, tool, arguments: args }) => {
    const found = listed.get(`${server}__${tool}`) ?? listed.get(tool);
    if (found === undefined) return [unknownTool(step, { server, tool }, [...listed.keys()])];
    return aboutArguments(found.inputSchema, args).map(
      (problem) => `Step "${step}": ${server}.${tool} ${problem}`,
    );
  });
}

function unknownTool(
  step: string,
  { server, tool }: { readonly server: string; readonly tool: string },
  names: readonly string[],
): string {
  const of = names.filter((name) => name.startsWith(`${server}__`));
  if (of.length === 0) return `Step "${step}": no server "${server}" lists tools at present`;
  const own = of.map((name) => name.slice(server.length + 2));
  const near = nearestName(tool, own);
  const advice = near === undefined ? "" : `; did you mean "${near}"?`;
  return `Step "${step}": "${server}" lists no tool "${tool}"${advice}`;
}

function aboutArguments(schema: unknown, args: JsonObject): string[] {
  if (!isJsonObject(schema)) return [];
  const { required = [], properties, additionalProperties } = schema;
  const known = isJsonObject(properties) ? Object.keys(properties) : [];
  const missing = (Array.isArray(required) ? required : []).filter(
    (name) => typeof name === "string" && !Object.hasOwn(args, name),
  );
  const unknown =
    additionalProperties === false ? Object.keys(args).filter((name) => !known.includes(name)) : [];
  return [
    ...(missing.length > 0 ? [`needs ${missing.join(", ")}`] : []),
    ...(unknown.length > 0 ? [`knows no ${unknown.join(", ")}`] : []),
  ];
}
