import { expect, test } from "vitest";
import { context, readLines, sorted } from "../_lines.ts";
import { gemini, geminiDocument } from "./gemini.ts";

const PATH = "/h/.gemini/tmp/shop/chats/session-2026-03-01T10-00-abc.jsonl";
const head = {
  sessionId: "g1",
  projectHash: "f00",
  startTime: "2026-03-01T10:00:00.000Z",
  kind: "main",
};
const timestamp = "2026-03-01T10:00:01.000Z";
const asked = { id: "1", timestamp, type: "user", content: [{ text: "Add a till" }] };
const toolCall = { id: "t1", name: "run_shell_command", args: { command: "ls" } };
const result = [{ functionResponse: { response: { output: "a.txt" } } }];
const grown = [
  { id: "2", timestamp, type: "gemini", content: "I look" },
  {
    id: "2",
    timestamp,
    type: "gemini",
    content: "I look.",
    toolCalls: [{ ...toolCall, status: "executing" }],
  },
  {
    id: "2",
    timestamp,
    type: "gemini",
    content: "I look. Done.",
    thoughts: [{ subject: "Files", description: "there may be some" }],
    toolCalls: [{ ...toolCall, status: "success", result }],
    tokens: { input: 100, cached: 40, output: 5, thoughts: 2 },
    model: "gemini-9",
  },
];
const said = [
  { kind: "prompt", text: "Add a till" },
  { kind: "reply", text: "I look" },
  { kind: "reply", text: "." },
  { kind: "call", callId: "t1", tool: "run_shell_command", input: { command: "ls" } },
  { kind: "reply", text: "Files: there may be some", thinking: true },
  { kind: "reply", text: " Done." },
  { kind: "result", callId: "t1", ok: true, text: "a.txt" },
  {
    kind: "usage",
    responseId: "gemini:g1/2",
    model: "gemini-9",
    inputTokens: 60,
    outputTokens: 7,
    cacheReadTokens: 40,
    cacheWriteTokens: 0,
  },
];

test("a message that is appended again says only what it said not yet, also to a reader that was opened anew", () => {
  const lines = [head, asked, ...grown, grown[2] ?? {}];
  const { records } = readLines(gemini, PATH, lines);
  const parts = records.flatMap((record) => record.parts);
  expect(parts.slice(0, said.length)).toEqual(said);
  // Told again: nothing but the sum of the response, which replaces itself.
  expect(parts.slice(said.length)).toEqual(said.slice(-1));
  expect(new Set(records.map(({ id }) => id)).size).toBe(lines.length);
  for (let cut = 0; cut <= lines.length; cut += 1) {
    const before = readLines(gemini, PATH, lines.slice(0, cut));
    const after = readLines(gemini, PATH, lines.slice(cut), before);
    const both = [...before.records, ...after.records];
    expect(both.map(({ id }) => id)).toEqual(records.map(({ id }) => id));
    expect(both.flatMap((record) => record.parts)).toEqual(parts);
  }
});

test("metadata that is set later names the session's lines", () => {
  const { records } = readLines(gemini, PATH, [head, { $set: { summary: "The till" } }, asked]);
  expect(records.map(({ sessionId, type }) => [sessionId, type])).toEqual([
    ["gemini:g1", "metadata"],
    ["gemini:g1", "metadata"],
    ["gemini:g1", "user"],
  ]);
  expect(records[1]?.session).toEqual({ title: "The till" });
});

test("its todo list is one", () => {
  const todos = [
    { description: "Look", status: "cancelled" },
    { description: "Do", status: "pending" },
  ];
  const call = { id: "t2", name: "write_todos", args: { todos }, status: "success" };
  const { records } = readLines(gemini, PATH, [
    head,
    { ...asked, type: "gemini", toolCalls: [call] },
  ]);
  expect(records[1]?.parts.find(({ kind }) => kind === "task")).toMatchObject({
    source: "todo-list",
    items: [
      { subject: "Look", status: "deleted" },
      { subject: "Do", status: "pending" },
    ],
  });
});

test("a document that was written anew keeps the ids of what stood in it", () => {
  const write = (...messages: object[]) => Buffer.from(JSON.stringify({ ...head, messages }));
  const read = (document: Buffer) =>
    sorted(geminiDocument.read(document, context("/c/session-1.json"))).records;
  const first = read(write(asked, grown[1] ?? {}));
  const second = read(write(asked, grown[2] ?? {}));
  const known = new Set(first.map(({ id }) => id));
  expect(first.map(({ parts }) => parts[0]?.kind)).toEqual(["prompt", "reply", "call"]);
  expect(second.filter(({ id }) => known.has(id)).map(({ parts }) => parts[0]?.kind)).toEqual([
    "prompt",
    "call",
  ]);
  expect(second).toHaveLength(6);
  expect(geminiDocument.read(Buffer.from("{"), context("x"))).toEqual([{ skipped: "not JSON" }]);
});

test("a message of a document that cannot be read is counted, and the others are read", () => {
  const deep = `${"[".repeat(9_999)}${"]".repeat(9_999)}`;
  const call = `{"id":"t1","status":"success","resultDisplay":${deep}}`;
  const messages = `[{"id":"1","type":"gemini","toolCalls":[${call}]},${JSON.stringify(asked)}]`;
  const document = Buffer.from(`{"sessionId":"g1","messages":${messages}}`);
  const { records, skipped } = sorted(geminiDocument.read(document, context("/x.json")));
  expect(skipped).toEqual([{ skipped: "unexpected shape" }]);
  expect(records).toMatchObject([
    { parts: [{ text: "Add a till" }], session: { agent: "gemini" } },
  ]);
});
