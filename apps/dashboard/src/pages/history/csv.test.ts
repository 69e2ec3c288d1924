import { expect, test } from "vitest";
import type { HistoryRow } from "../../api/generated.ts";
import { toCsv } from "./csv.ts";

test("what others wrote is no formula, and quotes stay quotes", () => {
  const row = {
    execution_id: "x",
    server: "one",
    tool: "=cmd()",
    error: { code: "error", message: 'a "b", c' },
  };
  const [, line] = toCsv([row as unknown as HistoryRow]).split("\r\n");
  expect(line).toBe(`x,,one,'=cmd(),,,,,,,,,error,"a ""b"", c"`);
});
