import { type JsonObject, type RequestContext, TrestleError } from "@trestle/protocol";
import * as z from "zod";
import { callControl } from "../call-control-schema.ts";
import type { Core } from "../core.ts";
import { called } from "./answers/calls.ts";
import { jsonObjectField, serverField, toolField } from "./fields.ts";
import { callInner, type InnerAnswer } from "./inner-call.ts";
import { defineOperation } from "./operation.ts";

const input = z.object({
  tool: toolField,
  server: serverField.optional(),
  arguments: jsonObjectField.optional().describe("What the tool takes: see describe_tool."),
  params: jsonObjectField.optional().describe("Another word for `arguments`."),
  ...callControl.shape,
  idempotency_key: z
    .string()
    .min(1)
    .max(256)
    .optional()
    .describe("Servers that honour it do the work once per key."),
});

export type CallToolInput = z.output<typeof input>;

export const callTool = defineOperation({
  name: "call_tool",
  title: "Call a tool",
  description: "Calls a tool of any server, as if it had been called by its own name.",
  input,
  output: called,
  hints: { readOnly: false, destructive: true, idempotent: false, openWorld: true },
  needs: "caller",
  untouched: ["arguments", "params"],
  async run(asked, context, core) {
    return { ...(await callThrough(asked, context, core)) };
  },
});

/** `params`: what else belongs into the request, as answers to what the tool asked. */
export function callThrough(
  asked: CallToolInput,
  context: RequestContext,
  core: Core,
  params?: JsonObject,
): Promise<InnerAnswer> {
  const { tool, server, arguments: args, params: others, idempotency_key, ...control } = asked;
  if (args !== undefined && others !== undefined) {
    throw new TrestleError(
      "invalid_input",
      "params is another word for arguments: give one of them.",
      { details: { fields: ["params"] } },
    );
  }
  const given = Object.entries(control).filter(([, value]) => value !== undefined);
  const ask = {
    tool,
    server,
    arguments: (args ?? others) as JsonObject | undefined,
    control: Object.fromEntries(given) as JsonObject,
    idempotencyKey: idempotency_key,
    params,
  };
  return callInner(ask, context, core);
}
