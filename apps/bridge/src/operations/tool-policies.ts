import type { JsonObject } from "@trestle/protocol";
import * as z from "zod";
import type { ToolSettings } from "../config/policy.ts";
import { shape, someObject } from "./answers/shape.ts";
import { NO_EFFECT, serverField, toolField } from "./fields.ts";
import { defineOperation } from "./operation.ts";
import { resolveTool } from "./resolve.ts";

const toolPolicy = shape("ToolPolicy", {
  policy: z.string().describe("As stages of the history name it."),
  active: z.boolean().describe("It may do something with a call of this tool."),
  settings: someObject.describe("Times in milliseconds."),
});

export const toolPolicies = defineOperation({
  name: "tool_policies",
  title: "Policies of a tool",
  description: "What each policy is to do with calls of one tool, in the order in which they pass.",
  input: z.object({ tool: toolField, server: serverField.optional() }),
  output: shape("ToolPolicies", {
    server: z.string(),
    tool: z.string(),
    policies: z.array(toolPolicy),
  }),
  hints: NO_EFFECT,
  needs: "caller",
  async run(input, { principal }, core) {
    const tool = await resolveTool(input, core, principal);
    core.sight.refuseUnseen(tool, principal);
    const policies = inOrder(core.settings().of(tool)).map(([policy, settings]) => ({
      ...{ policy, active: settings !== undefined, settings: toJson(settings ?? {}) },
    }));
    return { server: tool.server, tool: tool.name, policies };
  },
});

/** As the pipeline has them, without those that know no settings. */
function inOrder(settings: ToolSettings): (readonly [string, object | undefined])[] {
  const { serverLimit, toolLimit, cache, fallback, retry, breaker, bulkhead, timeout } = settings;
  const limit = serverLimit || toolLimit ? { server: serverLimit, tool: toolLimit } : undefined;
  return [
    ["limit", limit],
    ["cache", cache],
    // What stands in may hold results and messages: which kinds there are says enough.
    ["fallback", fallback.length > 0 ? { steps: fallback.map(({ kind }) => kind) } : undefined],
    ["retry", retry.retries > 0 ? retry : undefined],
    ["breaker", breaker],
    ["bulkhead", bulkhead],
    ["timeout", timeout],
  ];
}

function toJson(settings: object): JsonObject {
  return JSON.parse(JSON.stringify(settings)) as JsonObject;
}
