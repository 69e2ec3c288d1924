import type { RequestContext } from "@trestle/protocol";
import { expect, test } from "vitest";
import { inputRequired } from "../define/input-required.ts";
import { plainTool, serverWith } from "./_plain-server.ts";
import { createTestHost, requestContext } from "./_test-host.ts";

const asking = serverWith(
  plainTool("ask", (_input, context) => {
    const answer = context.inputResponses.sure;
    if (answer !== undefined) return { text: `${answer.action} ${context.requestState}` };
    return inputRequired({
      requests: { sure: { method: "elicitation/create", params: { message: "Sure?" } } },
      state: "round 1",
    });
  }),
);
const client = {
  era: "modern",
  protocolVersion: "2026-07-28",
  capabilities: { elicitation: {} },
} as const;
const context = { ...requestContext(), client };

test("asks, and goes on with the answer and the sealed state", async () => {
  const instance = asking.mount(createTestHost(), {});
  const asked = await instance.request(
    "tools/call",
    { name: "ask", arguments: { text: "a" } },
    context,
  );
  expect(asked).toMatchObject({
    resultType: "input_required",
    inputRequests: { sure: { method: "elicitation/create", params: { message: "Sure?" } } },
  });
  const again = {
    name: "ask",
    arguments: { text: "a" },
    inputResponses: { sure: { action: "accept" } },
  };
  const { requestState } = asked;
  expect(await instance.request("tools/call", { ...again, requestState }, context)).toMatchObject({
    structuredContent: { text: "accept round 1" },
  });
  for (const changed of [
    { ...again, requestState: `${requestState}x` },
    { ...again, arguments: { text: "b" }, requestState },
  ]) {
    await expect(instance.request("tools/call", changed, context)).rejects.toMatchObject({
      code: -32602,
    });
  }
  const stranger = { ...context, principal: { id: "other", kind: "key" } } as RequestContext;
  await expect(
    instance.request("tools/call", { ...again, requestState }, stranger),
  ).rejects.toMatchObject({ code: -32602 });
});
