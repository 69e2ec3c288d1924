import { dryRunChain, type RunChainOptions, runChain as runFlow, toMermaid } from "@trestle/flow";
import type { JsonObject, RequestContext } from "@trestle/protocol";
import * as z from "zod";
import type { Core } from "../core.ts";
import { chainAnswer } from "./answers/calls.ts";
import { jsonObjectField } from "./fields.ts";
import { callInner } from "./inner-call.ts";
import { defineOperation } from "./operation.ts";

/** What a step is, for whoever reads the schema; the chain itself checks it and names step and key. */
const step = z.looseObject({
  id: z.string().optional().describe("`step_1`, `step_2` … by default."),
  server: z.string().optional(),
  tool: z.string().optional(),
  arguments: jsonObjectField.optional().describe(
    // biome-ignore lint/suspicious/noTemplateCurlyInString: it shows what people write.
    "May refer to `$last_result.a.b`, `$step_1.items[0].id`, `$name` (an input), `${results.ID.path}`, `${input.x}`.",
  ),
  params: jsonObjectField.optional().describe("Another word for `arguments`."),
  dependsOn: z.array(z.string()).optional(),
  when: z.string().optional().describe("The step is skipped where this is false."),
  onError: z.enum(["fail", "continue", "skip"]).optional(),
});

const input = z.object({
  name: z.string().default("chain").describe("Under which its runs are found later."),
  steps: z.array(step).describe("In their order; a DAG where one has `dependsOn`."),
  input: jsonObjectField.optional().describe("The declared inputs with their values."),
  inputSchema: jsonObjectField
    .optional()
    .describe(
      "Its inputs as JSON Schema: types, and defaults; without one a run must give a value.",
    ),
  parallel: z.boolean().optional().describe("true: whatever is ready runs at once."),
  fail_fast: z.boolean().optional().describe("false: a failure stops only what depends on it."),
  timeout: z.int().positive().optional().describe("Milliseconds for the whole chain."),
  values: jsonObjectField.optional().describe("Values for declared inputs, over those of `input`."),
  dry_run: z.boolean().optional().describe("true: says what would be called, and calls nothing."),
  mermaid: z.boolean().optional().describe("true adds a drawing of the chain."),
});

export const runChain = defineOperation({
  name: "run_chain",
  title: "Run a chain",
  description:
    "Runs steps, each a tool call that may use the results of earlier ones, in one request: in their order, or as a DAG.",
  input,
  output: chainAnswer,
  hints: { readOnly: false, destructive: true, idempotent: false, openWorld: true },
  needs: "caller",
  untouched: ["steps", "input", "inputSchema", "values"],
  async run({ values, dry_run, mermaid, ...definition }, context, core) {
    const drawing = mermaid === true ? { mermaid: toMermaid(definition) } : {};
    const given = (values ?? {}) as JsonObject;
    if (dry_run === true)
      return { ...plain(dryRunChain(definition, { input: given })), ...drawing };
    return { ...(await run(definition, { given, context, core })), ...drawing };
  },
});

interface Run {
  readonly given: JsonObject;
  readonly context: RequestContext;
  readonly core: Core;
}

/** A chain that nobody records as a call has an execution id of its own: its calls are children of it. */
async function run(
  definition: { readonly name: string; readonly steps: readonly unknown[] },
  { given, context, core }: Run,
): Promise<JsonObject> {
  const within = context.within ?? { executionId: core.newId(), depth: 1 };
  const startedAt = core.clock.now();
  const chain = {
    id: within.executionId,
    name: definition.name,
    principal: context.principal.id,
    startedAt,
    definition: plain(definition),
  };
  core.chains.started(chain);
  try {
    const answer = await runFlow(definition, {
      ...optionsOf(definition.steps.length, { ...context, within }, core),
      input: given,
      depth: within.depth - 1,
      runId: within.executionId,
    });
    core.chains.finished(chain, answer);
    return { execution_id: within.executionId, ...plain(answer) };
  } catch (error) {
    core.chains.failed(chain, error, core.clock.now() - startedAt);
    throw error;
  }
}

/** Each step's own progress would jump to and fro: the chain tells how many have ended. */
function optionsOf(
  total: number,
  { onProgress, ...context }: RequestContext,
  core: Core,
): Pick<RunChainOptions, "signal" | "clock" | "onEvent" | "callTool"> {
  let ended = 0;
  return {
    signal: context.signal,
    clock: core.clock,
    onEvent: ({ kind }) => {
      if (kind !== "stepSucceeded" && kind !== "stepFailed" && kind !== "stepSkipped") return;
      ended += 1;
      onProgress?.({ progress: ended, total });
    },
    callTool: async (server, tool, args, { signal, idempotencyKey }) => {
      const ask = { server, tool, arguments: args, idempotencyKey };
      const { result } = await callInner(ask, { ...context, signal }, core);
      return result;
    },
  };
}

/** Its types are as plain, and TypeScript cannot know it. */
function plain(value: object): JsonObject {
  return value as JsonObject;
}
