import type { JsonObject, JsonValue } from "@trestle/protocol";
import { fc } from "@trestle/testkit/fuzz";
import { claudeCode } from "../../src/transcripts/claude-code/claude-code.ts";
import { codex } from "../../src/transcripts/codex/codex.ts";
import { gemini } from "../../src/transcripts/gemini/gemini.ts";
import type { LineFormat } from "../../src/transcripts/transcript-format.ts";

/** How an agent writes: a line that says a text and no more, and the lines that it writes else. */
export interface Writing {
  readonly format: LineFormat;
  readonly path: string;
  /** Of a person or the model; `n` names it. */
  says(text: string, n: number): JsonObject;
  readonly others: fc.Arbitrary<JsonObject>;
}

const timestamp = "2026-03-01T10:00:00.000Z";
const CODEX_ID = "01997dac-9581-7de3-b6a0-1df8256f2752";
const ids = fc.constantFrom("c1", "c2", "c3", "");
const words = fc.constantFrom(
  "Add a till",
  "Done.",
  "<system-reminder>brief",
  "Exit code 2\nno",
  "",
);
/** Stands for objects in each other, deeper than any stack. */
const DEEP = "{deep}";
/** What may stand where a text is expected. */
const contents = fc.oneof(
  words,
  words.map((text) => [{ type: "text", text }]),
  fc.constantFrom<JsonValue>(
    ...[null, 7, { output: "a", metadata: { exit_code: 1 } }, '{"output":"a"}'],
    ...[DEEP, [DEEP], { output: [DEEP] }, [{ content: DEEP }]],
  ),
);

/** A line as the text of its bytes: short to look at, also where it holds the word for what is deep. */
export function toText(value: unknown): string {
  const text = typeof value === "string" ? value : JSON.stringify(value);
  return Buffer.from(text).toString("latin1");
}

export function toLine(text: string): Buffer {
  return Buffer.from(text.replaceAll(`"${DEEP}"`, deep), "latin1");
}

function deep(): string {
  return `${'{"a":'.repeat(9_999)}1${"}".repeat(9_999)}`;
}

function claudeLine(type: string, n: unknown, more: JsonObject): JsonObject {
  return { type, uuid: `u${n}`, sessionId: "s1", cwd: "/shop", timestamp, ...more };
}

const claudeOthers = fc.tuple(fc.nat({ max: 99 }), ids, contents).chain(([n, id, content]) => {
  const assistant = (block: JsonObject) =>
    claudeLine("assistant", n, {
      message: { role: "assistant", id: "m1", model: "o", content: [block] },
    });
  const answer = { type: "tool_result", tool_use_id: id, content };
  return fc.constantFrom<JsonObject>(
    assistant({ type: "tool_use", id, name: "TaskCreate", input: { subject: content } }),
    assistant({ type: "tool_use", id, name: "TodoWrite", input: { todos: content } }),
    claudeLine("user", n, {
      message: { content: [answer] },
      toolUseResult: { task: { id: "1", subject: content } },
    }),
    claudeLine("user", n, { message: { content: [answer, { type: "text", text: content }] } }),
    claudeLine("system", n, { subtype: "api_error", error: content }),
    claudeLine("attachment", n, { attachment: { type: "queued_command", prompt: content } }),
    { type: "custom-title", sessionId: "s1", customTitle: content },
    { type: "summary", summary: content, leafUuid: id },
  );
});

function codexLine(type: string, payload: JsonObject): JsonObject {
  return { timestamp, type, payload };
}

const codexOthers = fc.tuple(ids, contents).chain(([id, content]) =>
  fc.constantFrom<JsonObject>(
    codexLine("session_meta", { id: CODEX_ID, cwd: "/shop", git: { branch: content } }),
    codexLine("turn_context", { model: content, cwd: "/shop" }),
    codexLine("response_item", { type: "message", role: "user", content }),
    codexLine("event_msg", { type: "user_message", message: content }),
    codexLine("response_item", {
      type: "function_call",
      call_id: id,
      name: "update_plan",
      arguments: content,
    }),
    codexLine("response_item", { type: "function_call_output", call_id: id, output: content }),
    codexLine("response_item", {
      type: "custom_tool_call",
      call_id: id,
      name: "apply_patch",
      input: content,
    }),
    codexLine("event_msg", {
      type: "exec_command_end",
      call_id: id,
      exit_code: 1,
      stdout: content,
    }),
    codexLine("event_msg", {
      type: "mcp_tool_call_end",
      call_id: id,
      result: { Ok: { content } },
    }),
    codexLine("event_msg", {
      type: "token_count",
      info: { last_token_usage: {}, total_token_usage: content },
    }),
    codexLine("compacted", { message: content }),
  ),
);

const geminiOthers = fc.tuple(fc.nat({ max: 3 }), ids, contents).chain(([n, id, content]) => {
  const call = { id, name: "write_todos", args: { todos: content }, status: "success" };
  return fc.constantFrom<JsonObject>(
    { sessionId: "g1", projectHash: "f00", startTime: timestamp, summary: content },
    { $set: { sessionId: "g1", lastUpdated: content } },
    { id: `o${n}`, timestamp, type: "gemini", content, toolCalls: [call] },
    {
      id: `o${n}`,
      timestamp,
      type: "gemini",
      content: "",
      toolCalls: [{ ...call, resultDisplay: content }],
    },
    { id: `o${n}`, timestamp, type: "gemini", content, thoughts: [{ subject: content }] },
    { id: `o${n}`, timestamp, type: content, content, tokens: { input: content } },
  );
});

export const writings: Readonly<Record<string, Writing>> = {
  "claude-code": {
    format: claudeCode,
    path: "/h/.claude/projects/-shop/s1.jsonl",
    says: (text, n) => claudeLine("user", `said${n}`, { message: { role: "user", content: text } }),
    others: claudeOthers,
  },
  codex: {
    format: codex,
    path: `/h/.codex/sessions/2026/03/01/rollout-2026-03-01T10-00-00-${CODEX_ID}.jsonl`,
    says: (text) => codexLine("event_msg", { type: "user_message", message: text }),
    others: codexOthers,
  },
  gemini: {
    format: gemini,
    path: "/h/.gemini/tmp/shop/chats/session-2026-03-01T10-00-abc.jsonl",
    says: (text, n) => ({ id: `said${n}`, timestamp, type: "user", content: text }),
    others: geminiOthers,
  },
};
