import { expect, test } from "vitest";
import { type EntryDraft, entryOf, problemOf, wordsIn } from "./entry-draft.ts";

const draft: EntryDraft = {
  name: "one",
  kind: "url",
  url: "https://example.com/mcp",
  headers: "",
  command: "",
  env: "",
};

test("an address with its headers", () => {
  expect(entryOf({ ...draft, headers: "Authorization: Bearer a:b\n\nnonsense" })).toEqual({
    url: "https://example.com/mcp",
    headers: { Authorization: "Bearer a:b" },
  });
});

test("a command is parted as a shell parts it", () => {
  const made = entryOf({
    ...draft,
    kind: "command",
    command: `npx -y "a server" --x='y z'`,
    env: "TOKEN=a=b",
  });
  expect(made).toEqual({
    command: "npx",
    args: ["-y", "a server", "--x=y z"],
    env: { TOKEN: "a=b" },
  });
  expect(wordsIn("")).toEqual([]);
});

test("what is missing is said", () => {
  expect(problemOf(draft)).toBeUndefined();
  expect(problemOf({ ...draft, name: "Big Name" })).toContain("small letters");
  expect(problemOf({ ...draft, url: "example.com" })).toContain("whole address");
  expect(problemOf({ ...draft, kind: "command" })).toContain("command");
});
