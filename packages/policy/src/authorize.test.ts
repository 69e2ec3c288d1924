import { expect, test } from "vitest";
import { createCall, writing } from "./_parts.ts";
import { authorize, scopeOf } from "./authorize.ts";

const key = { id: "key-1", kind: "key", scopes: ["db:*:read"] } as const;

test("lets an allowed call through and leaves that on its trail", async () => {
  const call = createCall({ context: { principal: key } });
  const policy = authorize({ allows: async (principal) => principal.id === "key-1" });
  expect(await policy(call, async () => ({ content: [] }))).toEqual({ content: [] });
  expect(call.trail.stages).toEqual([{ policy: "authorize", decision: "allowed", ms: 0 }]);
});

test("a denied call goes no further, and its caller reads which scope it takes", async () => {
  const call = createCall({ context: { principal: key }, hints: writing });
  let passed = false;
  const denied = authorize({ allows: () => false })(call, async () => {
    passed = true;
    return {};
  });
  await expect(denied).rejects.toMatchObject({
    code: "denied",
    retryable: false,
    message: expect.stringContaining('"db:run:write"'),
    details: { scope: "db:run:write", principal: "key-1", sent: false },
  });
  expect(passed).toBe(false);
  expect(call.trail.stages).toEqual([{ policy: "authorize", decision: "denied", ms: 0 }]);
});

test("a read takes the scope to read", () => {
  expect(scopeOf(createCall())).toBe("db:run:read");
});
