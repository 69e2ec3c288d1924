import type { WorkflowPlan } from "@trestle/flow";
import { type CallHost, defineTool, type JsonObject, TrestleError } from "@trestle-mcp/server-kit";
import * as z from "zod";
import { readDefinition } from "../definitions/read.ts";
import { workflowJsonSchema } from "../definitions/schema.ts";
import { toPlan } from "../definitions/to-plan.ts";
import { callsOf, warningsOf } from "../definitions/warnings.ts";
import type { State } from "../state.ts";
import { binding, instantiate } from "../templates/template.ts";
import { findTemplate, listTemplates } from "../templates/templates.ts";
import { ADDS, READS, STOPS } from "./hints.ts";
import { workflowId, workflowSummary } from "./shapes.ts";

const registered = workflowSummary.extend({
  warnings: z.array(z.string()).optional().describe("What is probably not meant so"),
});

const registerInput = z.object({
  definition: z
    .union([z.record(z.string(), z.json()), z.string()])
    .optional()
    .describe(
      "The workflow, or its text in JSON or YAML: { id, steps: [{ id, server, tool, arguments, dependsOn, when, forEach, retry, timeout, onError, until, compensate }], input, output }; get_workflow with schema: true gives all rules",
    ),
  template: z
    .string()
    .max(64)
    .optional()
    .describe("In the place of a definition: one of the templates that list_workflows shows"),
  bindings: z
    .record(z.string(), binding)
    .optional()
    .describe("Of a template: its roles with your servers, such as { database: 'my-postgres' }"),
  id: workflowId.optional().describe("Of a template: another id than the template's"),
  version: z.string().min(1).max(64).optional().describe("Of a template: another than 1"),
});

export const registerWorkflow = defineTool<typeof registerInput, typeof registered, State>({
  name: "register_workflow",
  title: "Register a workflow",
  description:
    "Keeps a workflow under its id and version, after checking it whole: circles, references to nothing, words that a step's type does not know. A changed workflow needs another version; executions go on with theirs.",
  aliases: ["workflow_create"],
  input: registerInput,
  output: registered,
  hints: ADDS,
  async run(given, { state, call }) {
    const definition = definitionOf(given);
    const summary = await state.workflows.register(definition);
    const plan = toPlan(readDefinition(definition));
    const warnings = warningsOf(plan, await toolsFor(plan, call));
    return { ...summary, ...(warnings.length > 0 ? { warnings } : {}) };
  },
});

function definitionOf({
  definition,
  template,
  bindings,
  id,
  version,
}: z.output<typeof registerInput>): unknown {
  if ((definition === undefined) === (template === undefined))
    throw new TrestleError("invalid_input", "Give one of definition and template");
  if (template !== undefined) {
    const facts = { ...(id && { id }), ...(version && { version }) };
    return instantiate(findTemplate(template), bindings, facts);
  }
  if (bindings === undefined && id === undefined && version === undefined) return definition;
  const problem = "bindings, id and version are those of a template; a definition has its own";
  throw new TrestleError("invalid_input", problem);
}

/** What the servers that a plan calls list; undefined where they cannot be asked. */
async function toolsFor(plan: WorkflowPlan, call: CallHost): Promise<JsonObject[] | undefined> {
  if (callsOf(plan).length === 0) return undefined;
  return call.listTools().catch(() => undefined);
}

const listInput = z.object({
  templates: z.boolean().default(true).describe("Show those that can be registered or run as well"),
});
const listOutput = z.object({
  workflows: z.array(workflowSummary),
  templates: z
    .array(
      z.object({
        id: z.string(),
        description: z.string(),
        bindings: z.record(
          z.string(),
          z.object({ server: z.string(), about: z.string(), tools: z.array(z.string()) }),
        ),
        input: z.record(z.string(), z.json()),
      }),
    )
    .optional(),
});

export const listWorkflows = defineTool<typeof listInput, typeof listOutput, State>({
  name: "list_workflows",
  title: "List workflows",
  description:
    "The newest version of every registered workflow, and the templates: workflows that can be executed as they are, or registered with bindings to your own servers.",
  aliases: ["workflow_list", "workflow_template"],
  input: listInput,
  output: listOutput,
  hints: READS,
  async run({ templates }, { state }) {
    const workflows = [...(await state.workflows.workflows())];
    return { workflows, ...(templates ? { templates: listTemplates() as never } : {}) };
  },
});

const getInput = z.object({
  id: workflowId.optional(),
  version: z.string().max(64).optional().describe("The newest where left out"),
  schema: z
    .boolean()
    .optional()
    .describe("The rules of definitions as JSON Schema, in the place of a workflow"),
});
const getOutput = z.object({
  definition: z.record(z.string(), z.json()).optional(),
  schema: z.record(z.string(), z.json()).optional(),
});

export const getWorkflow = defineTool<typeof getInput, typeof getOutput, State>({
  name: "get_workflow",
  title: "Get a workflow",
  description: "The definition of a registered workflow, or the rules by which one is written.",
  input: getInput,
  output: getOutput,
  hints: READS,
  async run({ id, version, schema }, { state }) {
    if (schema || id === undefined) {
      return { schema: { ...workflowJsonSchema() } as never };
    }
    return { definition: { ...(await state.workflows.workflow(id, version)) } as never };
  },
});

const deleteInput = z.object({ id: workflowId });
const deleteOutput = z.object({ deleted: z.boolean() });

export const deleteWorkflow = defineTool<typeof deleteInput, typeof deleteOutput, State>({
  name: "delete_workflow",
  title: "Delete a workflow",
  description: "Takes all versions of a workflow away. Executions that run go on to their end.",
  aliases: ["workflow_delete"],
  profile: "all",
  input: deleteInput,
  output: deleteOutput,
  hints: STOPS,
  run: async ({ id }, { state }) => ({ deleted: await state.workflows.unregister(id) }),
});
