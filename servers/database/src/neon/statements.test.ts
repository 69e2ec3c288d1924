import { expect, test } from "vitest";
import { splitStatements } from "./statements.ts";

test.for<[string, string[]]>([
  ["", []],
  [" -- nothing\n", []],
  ["SELECT 1", ["SELECT 1"]],
  ["SELECT ';'; SELECT $$;$$;", ["SELECT ';'", "SELECT $$;$$"]],
  ["SELECT 'ção €'; SELECT 'é'", ["SELECT 'ção €'", "SELECT 'é'"]],
  [
    "CREATE FUNCTION f() RETURNS int LANGUAGE sql BEGIN ATOMIC; SELECT 1; END; SELECT 2",
    ["CREATE FUNCTION f() RETURNS int LANGUAGE sql BEGIN ATOMIC; SELECT 1; END", "SELECT 2"],
  ],
  ["BEGIN; SELECT 1; SELECT 2; COMMIT;", ["SELECT 1", "SELECT 2"]],
  ["START TRANSACTION; SELECT 1; END", ["SELECT 1"]],
  ["BEGIN; SELECT 1; ROLLBACK", ["BEGIN", "SELECT 1", "ROLLBACK"]],
  ["SELECT 1; COMMIT; SELECT 2", ["SELECT 1", "COMMIT", "SELECT 2"]],
  ["BEGIN; COMMIT", []],
])("%j falls into its statements", async ([script, statements]) => {
  expect(await splitStatements(script)).toEqual(statements);
});

test.for(["SELEC 1", "SELECT 'a", "SELECT 1; )", "SELECT '\0'", "SELECT '\ud800'"])(
  "%j is refused",
  async (script) => {
    await expect(splitStatements(script)).rejects.toMatchObject({ code: "invalid_input" });
  },
);
