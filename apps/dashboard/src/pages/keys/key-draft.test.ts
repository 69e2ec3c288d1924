import { expect, test } from "vitest";
import { EMPTY, toBody } from "./key-draft.ts";

test("what is left empty is left to the bridge", () => {
  expect(toBody({ ...EMPTY, name: " Ann ", expires: "never" }, 0)).toEqual({ name: "Ann" });
  const filled = {
    name: "CI",
    scopes: "database:*\n\n tracker:*:read ",
    calls: "20",
    expires: "1",
  };
  expect(toBody(filled, 1_000)).toEqual({
    name: "CI",
    scopes: ["database:*", "tracker:*:read"],
    limit: { calls: 20 },
    expires_at: 86_401_000,
  });
});
