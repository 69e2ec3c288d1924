import { type JsonObject, type RequestContext, TrestleError } from "@trestle/protocol";
import * as z from "zod";
import type { Core } from "../core.ts";
import { batchAnswer } from "./answers/calls.ts";
import { jsonObjectField, serverField, toolField } from "./fields.ts";
import { callInner, failureOf, toolFailureOf } from "./inner-call.ts";
import { defineOperation } from "./operation.ts";

const MOST_CALLS = 100;
const MOST_AT_ONCE = 32;

const oneCall = z.strictObject({
  id: z.string().max(128).optional().describe("Names its result; its place from 1 by default."),
  tool: toolField,
  server: serverField.optional(),
  arguments: jsonObjectField.optional(),
  params: jsonObjectField.optional().describe("Another word for `arguments`."),
});

export const batch = defineOperation({
  name: "batch",
  title: "Call several tools",
  description:
    "Calls up to 100 tools, several at a time, and answers in the order asked. One that fails never fails the rest.",
  input: z.object({
    calls: z.array(oneCall).min(1).max(MOST_CALLS).describe("What to call."),
    concurrency: z.int().min(1).max(MOST_AT_ONCE).default(5).describe("Calls at a time."),
    stop_on_error: z
      .boolean()
      .default(false)
      .describe("true: nothing is begun any more once a call has failed."),
  }),
  output: batchAnswer,
  hints: { readOnly: false, destructive: true, idempotent: false, openWorld: true },
  needs: "caller",
  untouched: ["calls"],
  run: ({ calls, concurrency, stop_on_error }, context, core) =>
    runBatch(
      calls as readonly OneCall[],
      { concurrency, stopOnError: stop_on_error },
      context,
      core,
    ),
});

type OneCall = z.output<typeof oneCall>;

interface BatchOptions {
  readonly concurrency: number;
  readonly stopOnError: boolean;
}

async function runBatch(
  calls: readonly OneCall[],
  { concurrency, stopOnError }: BatchOptions,
  context: RequestContext,
  core: Core,
): Promise<JsonObject> {
  const results: JsonObject[] = [];
  // Each call's own progress would jump to and fro: the batch tells how many are done.
  const { onProgress, ...inner } = context;
  let next = 0;
  let done = 0;
  let stopped = false;

  async function work(): Promise<void> {
    while (next < calls.length) {
      const at = next;
      next += 1;
      const call = calls[at] as OneCall;
      const id = call.id ?? String(at + 1);
      const isOver = stopped || context.signal.aborted;
      const result = isOver ? notBegun(stopped) : await callOne(call, inner, core);
      results[at] = { id, ...result };
      if (stopOnError && result.success !== true) stopped = true;
      done += 1;
      onProgress?.({ progress: done, total: calls.length });
    }
  }

  await Promise.all(Array.from({ length: Math.min(concurrency, calls.length) }, work));
  const succeeded = results.filter(({ success }) => success === true).length;
  return { results, succeeded, failed: results.length - succeeded };
}

async function callOne(call: OneCall, context: RequestContext, core: Core): Promise<JsonObject> {
  const executionId = core.newId();
  const begun = core.clock.now();
  const facts = (): JsonObject => ({
    execution_id: executionId,
    duration_ms: core.clock.now() - begun,
  });
  try {
    const { arguments: args, params } = call;
    if (args !== undefined && params !== undefined) {
      throw new TrestleError("invalid_input", "params is another word for arguments: give one.");
    }
    const ask = { ...call, arguments: (args ?? params) as JsonObject | undefined };
    const { result } = await callInner({ ...ask, params: undefined, executionId }, context, core);
    if (result.resultType === "input_required") {
      throw new TrestleError(
        "unsupported",
        `${call.tool} asks for input, which a batch cannot give: call it alone.`,
      );
    }
    if (result.isError === true) {
      return { success: false, error: toolFailureOf(result), result, ...facts() };
    }
    return { success: true, result, ...facts() };
  } catch (error) {
    return { success: false, error: failureOf(error), ...facts() };
  }
}

function notBegun(stopped: boolean): JsonObject {
  const message = stopped
    ? "Not begun: an earlier call failed, and stop_on_error is set."
    : "Not begun: the batch was cancelled.";
  return { success: false, error: { code: "cancelled", message, retryable: true } };
}
