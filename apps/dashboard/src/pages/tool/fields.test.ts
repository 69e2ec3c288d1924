import { expect, test } from "vitest";
import { draftOf, fieldsOf, fill } from "./fields.ts";

const schema = {
  type: "object",
  properties: {
    limit: { type: "integer", default: 20 },
    sql: { type: "string", description: "One statement." },
    mode: { type: "string", enum: ["fast", "safe"] },
    tags: { type: "array", items: { type: "string" } },
    where: { type: "object" },
    dry: { type: "boolean" },
    maybe: { anyOf: [{ type: "string" }, { type: "null" }] },
    either: { anyOf: [{ type: "string" }, { type: "number" }] },
  },
  required: ["sql"],
};
const fields = fieldsOf(schema);

test("each argument has a field of its kind, what is needed first", () => {
  expect(fields[0]).toMatchObject({
    name: "sql",
    kind: "lines",
    required: true,
    hint: "One statement.",
  });
  expect(Object.fromEntries(fields.map(({ name, kind }) => [name, kind]))).toEqual({
    sql: "lines",
    limit: "number",
    mode: "choice",
    tags: "list",
    where: "json",
    dry: "flag",
    maybe: "text",
    either: "json",
  });
  expect(fields.find(({ name }) => name === "limit")?.preset).toBe("20");
});

test("what is written becomes arguments of the right types, and what is empty is left out", () => {
  const draft = {
    sql: "select 1",
    limit: "5",
    tags: "a\nb\n",
    where: '{"x":1}',
    dry: "false",
    mode: "",
  };
  const { arguments: given, problems } = fill(fields, draft);
  expect(given).toEqual({
    sql: "select 1",
    limit: 5,
    tags: ["a", "b"],
    where: { x: 1 },
    dry: false,
  });
  expect(problems).toEqual({});
});

test("what is wrong is said where it is", () => {
  const { problems } = fill(fields, { limit: "1.5", where: "{" });
  expect(problems).toMatchObject({ sql: "The tool needs this.", limit: "Write a whole number." });
  expect(problems.where).toContain("This is no JSON");
});

test("the arguments of an earlier try fill the form again", () => {
  const given = { sql: "select 1", limit: 5, tags: ["a", "b"], where: { x: 1 }, dry: true };
  expect(fill(fields, draftOf(fields, given)).arguments).toEqual(given);
});

test("a schema that says nothing has no fields", () => {
  expect(fieldsOf({})).toEqual([]);
});
