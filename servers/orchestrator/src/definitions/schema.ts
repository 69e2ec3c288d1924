// biome-ignore-all lint/suspicious/noTemplateCurlyInString: references are written so
import type { JsonObject, JsonValue } from "@trestle/protocol";
import * as z from "zod";
import { duration } from "./duration.ts";

/** A workflow as a person or a model writes it, in JSON or YAML. */

const json: z.ZodType<JsonValue> = z.json() as z.ZodType<JsonValue>;
const jsonObject: z.ZodType<JsonObject> = z.record(z.string(), json) as z.ZodType<JsonObject>;

const NAME = /^[A-Za-z][A-Za-z0-9_-]{0,63}$/;
const name = z.string().regex(NAME, "expected a letter, then letters, digits, _ or -, 64 at most");

const retry = z
  .strictObject({
    attempts: z.int().min(1).max(100).describe("Attempts in all; 1 is no retry"),
    backoff: duration.default(1_000).describe("Before the second attempt"),
    factor: z.number().min(1).max(10).default(2).describe("How much longer each time"),
    maxBackoff: duration.default(60_000).describe("The longest pause"),
  })
  .describe("Half of each pause is fixed, half spread by chance");

const until = z
  .strictObject({
    condition: z.string().min(1).describe("Of the step's own ${result}: ${result.state} == 'up'"),
    interval: duration.default(5_000),
    timeout: duration.default(600_000),
  })
  .describe("Do the work again until this is true");

const toolCall = z.strictObject({
  server: z.string().min(1),
  tool: z.string().min(1),
  arguments: jsonObject.default({}),
});

const STEP_TYPES = ["task", "approval", "wait", "map", "workflow", "condition"] as const;

const step = z.strictObject({
  id: name.optional().describe("step_1, step_2 … where left out"),
  name: z.string().max(200).optional().describe("For people"),
  type: z.enum(STEP_TYPES).default("task"),
  server: z.string().min(1).optional().describe("Whose tool a task or a map calls"),
  tool: z.string().min(1).optional(),
  arguments: jsonObject.optional().describe("Of the tool; the input of a workflow"),
  params: jsonObject.optional().describe("Another word for arguments"),
  workflow: name.optional().describe("Which workflow a step of that type runs"),
  condition: z
    .string()
    .min(1)
    .optional()
    .describe("What a condition asks; its result is true or false"),
  otherwise: z
    .string()
    .min(1)
    .max(4_000)
    .optional()
    .describe("A condition that is false fails with this sentence, and its result is not false"),
  message: z.string().max(4_000).optional().describe("What an approval asks people"),
  for: z
    .union([duration, z.string()])
    .optional()
    .describe("How long a wait takes, or the moment that it waits for (ISO 8601 or a reference)"),
  signal: name.optional().describe("The signal that a wait waits for"),
  forEach: json
    .optional()
    .describe("A list or a reference to one: the work is done for each ${item}"),
  dependsOn: z.array(z.string()).optional(),
  when: z.string().min(1).optional().describe("The step is skipped where this is false"),
  onError: z.enum(["fail", "continue", "skip", "compensate"]).default("fail"),
  retry: z.union([retry, z.int().min(1).max(100)]).optional(),
  timeout: duration.optional().describe("Of one attempt; of the whole of a wait"),
  until: until.optional(),
  compensate: toolCall.optional().describe("Undoes the step, with its ${result}"),
});

export const workflowDefinition = z.strictObject({
  id: name,
  name: z.string().max(200).optional().describe("For people"),
  description: z.string().max(4_000).optional(),
  version: z
    .union([z.string().max(64), z.int().min(0)])
    .transform(String)
    .default("1"),
  input: jsonObject
    .optional()
    .describe("JSON Schema of the input, or names with their values where nothing else is given"),
  steps: z.array(step).min(1).max(10_000),
  parallel: z
    .boolean()
    .optional()
    .describe("Whatever is ready runs, though no step says dependsOn"),
  timeout: duration.optional().describe("Of a whole run"),
  maxConcurrency: z.int().min(1).max(1_000).default(8).describe("Calls of a run at one time"),
  output: json
    .optional()
    .describe("What a run gives back; the results of all steps where left out"),
});

export type WorkflowDefinition = z.output<typeof workflowDefinition>;
export type StepDefinition = z.output<typeof step>;

/** For editors: the same rules as JSON Schema. */
export function workflowJsonSchema(): JsonObject {
  const schema = z.toJSONSchema(workflowDefinition, { io: "input", unrepresentable: "any" });
  return { title: "A workflow of Trestle", ...(schema as Record<string, unknown> as JsonObject) };
}
