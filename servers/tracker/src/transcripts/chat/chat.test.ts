import { expect, test } from "vitest";
import { context, sorted } from "../_lines.ts";
import { chat } from "./chat.ts";

const read = (text: string, path = "chat.md") => chat.read(Buffer.from(text), context(path));
const said = (text: string) =>
  sorted(read(text)).records.map(({ type, parts: [part] }) => [
    type,
    part !== undefined && "text" in part && part.text,
  ]);
const both = [
  ["user", "Add a till.\n\nWith a drawer."],
  ["assistant", "Done."],
];

test.each([
  ["names", "User: Add a till.\n\nWith a drawer.\nAssistant: Done.\n"],
  ["names on lines of their own", "Human:\nAdd a till.\n\nWith a drawer.\n\nAI:\nDone."],
  ["headings", "# Export\n\n## Human\n\nAdd a till.\n\nWith a drawer.\n\n## Assistant:\n\nDone.\n"],
  ["bold names", "**User:** Add a till.\n\nWith a drawer.\n\n**ChatGPT**: Done."],
  ["bold names alone", "**You**\nAdd a till.\n\nWith a drawer.\n\n**Claude**\nDone."],
  ["what a page says", "You said:\nAdd a till.\n\nWith a drawer.\n\nChatGPT said:\nDone."],
  [
    "messages",
    JSON.stringify({
      messages: [
        { role: "user", content: both[0]?.[1] },
        { role: "assistant", content: [{ type: "text", text: "Done." }] },
      ],
    }),
  ],
])("a chat is read by %s", (_, text) => {
  expect(said(text).filter(([type]) => type !== "note")).toEqual(both);
  expect(chat.detect("a.md", text)).toBe(true);
});

test.each([
  "[2026-03-01 10:00] User: Hi\n[2026-03-01 10:05] Assistant: Hello",
  "2026-03-01T10:00:00 User: Hi\n2026-03-01T10:05:00 Bot: Hello",
  "User (2026-03-01 10:00): Hi\nAssistant (2026-03-01 10:05): Hello",
  "## User (2026-03-01 10:00)\nHi\n## Assistant (2026-03-01 10:05)\nHello",
])("times are read where they are whole", (text) => {
  const [first, second] = sorted(read(text)).records;
  expect(first?.at).toBe(Date.parse("2026-03-01T10:00"));
  expect(second?.at).toBe(Date.parse("2026-03-01T10:05"));
});

test("inside a fence, and in sentences, nobody begins to speak", () => {
  const text =
    "User: Why?\n```\nAssistant: not me\n```\nNote: this\nthe user: that\nAssistant: So.";
  expect(said(text)).toEqual([
    ["user", "Why?\n```\nAssistant: not me\n```\nNote: this\nthe user: that"],
    ["assistant", "So."],
  ]);
});

test("a text that nobody is named in is kept whole", () => {
  expect(said("Some notes.\n- [ ] buy milk")).toEqual([["note", "Some notes.\n- [ ] buy milk"]]);
  expect(chat.detect("a.md", "Some notes.")).toBe(false);
});

test("the same chat gets the same ids, and keeps them when it goes on", () => {
  const text = `User: ${"Hi ".repeat(500)}\nAssistant: Hello`;
  const ids = sorted(read(text)).records.map(({ id }) => id);
  const more = sorted(read(`${text}\nUser: Bye`)).records.map(({ id }) => id);
  expect(more.slice(0, 2)).toEqual(ids);
  expect(more).toHaveLength(3);
});

test("what is no text is skipped with a reason", () => {
  expect(read("  \n")).toEqual([{ skipped: "blank" }]);
  expect(read("a\u0000b")).toEqual([{ skipped: "binary" }]);
});
