import { expect, test } from "vitest";
import { factsOf, finalTasks, type Said } from "./_transcript.ts";
import { cleanSubject, isSameSubject, subjectTokens } from "./subject.ts";
import { createTaskDirectory } from "./task-directory.ts";

const list = (subject: string, status: "pending" | "completed" = "pending"): Said => ({
  task: { source: "todo-list", items: [{ subject, status }] },
});
const idsOf = (said: readonly Said[], run: Parameters<typeof factsOf>[1]) =>
  finalTasks(factsOf(said, run)).map(({ id }) => id);

test.each([
  ["Fix the login form", "fixing login forms", true],
  [
    "Add tests for the cart, the till, the shop window and the door",
    "Add tests for the cart, the till, the shop window and a bell",
    false,
  ],
  [
    "Move customers, invoices, receipts, bookings, rooms and prices to the new schema",
    "Move customers, invoices, receipts, bookings, rooms, prices to a new schema now",
    true,
  ],
  [
    "Restart shard 3 of the index of all customers of the shop in town",
    "Restart shard 4 of the index of all customers of the shop in town",
    false,
  ],
  ["Write docs", "Write tests", false],
])("%s / %s: the same? %s", (one, other, isSame) => {
  expect(isSameSubject(subjectTokens(one), subjectTokens(other))).toBe(isSame);
});

test("subjects lose their marks, not their names", () => {
  expect(cleanSubject("**Fix** `broken_todo` in [the list](https://x.example/a_b), *now*")).toBe(
    "Fix broken_todo in the list, now",
  );
  expect(cleanSubject("x ".repeat(200))).toHaveLength(160);
});

test("a task goes on in another session of the project, and is another one in another project", () => {
  const directory = createTaskDirectory();
  const [first] = idsOf([list("Write the till")], { directory, sessionId: "1" });
  expect(idsOf([list("writing the tills")], { directory, sessionId: "2" })).toEqual([first]);
  expect(idsOf([list("Write the till")], { directory, sessionId: "3", project: "q" })).not.toEqual([
    first,
  ]);
});

test("a task that was done is not done again: the same words name a new one", () => {
  const directory = createTaskDirectory();
  const done = [list("Run all tests"), list("Run all tests", "completed")];
  const [first] = idsOf(done, { directory, sessionId: "1" });
  const later: Said[] = [{ user: "Now" }, { last: "Well." }, { user: "Go" }, list("Run all tests")];
  expect(idsOf(later, { directory, sessionId: "2" })).not.toContain(first);
});

test("a directory that knows what is stored goes on with it; one that knows nothing finds the first name again", () => {
  const [id = ""] = idsOf([list("Write the till")], {});
  expect(idsOf([list("Write the till")], { sessionId: "2" })).toEqual([id]);
  const stored = { id: "task-of-old", project: "p", subject: "Write the till" };
  expect(idsOf([list("Write the till")], { directory: createTaskDirectory([stored]) })).toEqual([
    "task-of-old",
  ]);
  const closed = createTaskDirectory([{ ...stored, id, doneAt: -1 }]);
  expect(idsOf([list("Write the till")], { directory: closed })).not.toEqual([id]);
});

test("every fact names what shows it: the earlier record, where this one only ended the wait", () => {
  const facts = factsOf([
    { user: "Go" },
    { reply: "I still need to add the form." },
    { user: "Well?" },
    { last: "Here." },
  ]);
  expect(facts).toMatchObject([
    { recordId: "s/2.0", shownBy: "s/1.0", source: "unfinished-words" },
  ]);
});
