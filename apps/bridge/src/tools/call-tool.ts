import { isJsonObject, type JsonObject } from "@trestle/protocol";
import { inputRequired, type ToolContext } from "@trestle-mcp/server-kit";
import * as z from "zod";
import { callMetadata } from "../operations/answers/calls.ts";
import { callThrough, callTool } from "../operations/call-tool.ts";
import { type Operation, parseInput } from "../operations/operation.ts";
import { type OwnState, ownTool, requestOf } from "./own-tool.ts";

/**
 * The content of the inner tool's result is its own content, an error stays an error, and what the inner
 * tool asks of the user is asked; its structured content and the facts of the call stand beside each other.
 */
export const callToolTool = ownTool(callTool as unknown as Operation, {
  output: z.object({
    structured_content: z.unknown().optional().describe("That of the tool, if it gave any."),
    metadata: callMetadata,
  }),
  text: () => "",
  run,
});

async function run(args: JsonObject, context: ToolContext<OwnState>) {
  const input = parseInput(callTool, args);
  const asked = { idempotency_key: context.idempotencyKey, ...input };
  const { result, metadata } = await callThrough(
    asked,
    requestOf(context),
    context.state.core,
    roundOf(context),
  );
  if (result.resultType === "input_required") return questionsOf(result);
  const { content = [], structuredContent, isError } = result;
  return {
    content,
    structuredContent: {
      ...(structuredContent === undefined ? {} : { structured_content: structuredContent }),
      metadata,
    },
    ...(isError === true ? { isError, _meta: metaOf(result) } : {}),
  };
}

/** What the client answered to the inner tool's questions, and the state that the tool left with them. */
function roundOf({ inputResponses, requestState }: ToolContext<OwnState>): JsonObject {
  return {
    ...(Object.keys(inputResponses).length === 0 ? {} : { inputResponses: { ...inputResponses } }),
    ...(requestState === undefined ? {} : { requestState }),
  };
}

function questionsOf({ inputRequests, requestState }: JsonObject) {
  const requests = isJsonObject(inputRequests) ? inputRequests : {};
  return inputRequired({
    requests: requests as unknown as Parameters<typeof inputRequired>[0]["requests"],
    ...(typeof requestState === "string" ? { state: requestState } : {}),
  });
}

function metaOf({ _meta: meta }: JsonObject): JsonObject {
  return isJsonObject(meta) ? meta : {};
}
