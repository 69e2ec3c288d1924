import { describe, expect, test } from "vitest";
import type { Part } from "../../model/record.ts";
import { readLines } from "../_lines.ts";
import { claudeCode } from "./claude-code.ts";

const PATH = "/h/.claude/projects/-shop/s1.jsonl";
const around = {
  sessionId: "s1",
  cwd: "/shop",
  gitBranch: "main",
  version: "2.1.300",
  timestamp: "2026-03-01T10:00:00.000Z",
};
let count = 0;
const line = (type: string, more: object) => ({ ...around, type, uuid: `u${++count}`, ...more });
const user = (content: unknown, more = {}) =>
  line("user", { message: { role: "user", content }, ...more });
const assistant = (block: object, more = {}, message = {}) =>
  line("assistant", {
    message: { id: "m1", model: "opus", content: [block], ...message },
    ...more,
  });
const read = (...values: (object | string)[]) => readLines(claudeCode, PATH, values);
const partsOf = (...values: object[]): Part[] =>
  read(...values).records.flatMap(({ parts }) => parts);
const call = (id: string, name: string, input: object) =>
  assistant({ type: "tool_use", id, name, input });
const answer = (id: string, toolUseResult: unknown, more = {}) =>
  user([{ type: "tool_result", tool_use_id: id, content: "ok", ...more }], { toolUseResult });

describe("a line", () => {
  test("is a record with its place, its time and what is new of its session", () => {
    const [first, second] = read(
      user("Add a cart"),
      user("And a till", { gitBranch: "till" }),
    ).records;
    expect(first).toMatchObject({
      id: expect.stringMatching(/^claude-code:s1\/u\d+$/),
      sessionId: "claude-code:s1",
      at: Date.parse(around.timestamp),
      type: "user",
      origin: { source: "test", path: PATH, offset: 0 },
      parts: [{ kind: "prompt", text: "Add a cart" }],
      session: { agent: "claude-code", cwd: "/shop", branch: "main", agentVersion: "2.1.300" },
    });
    expect(second?.session).toEqual({ branch: "till" });
  });

  test("of an unknown type is kept, with the time of the line before it and an id of its bytes", () => {
    const values = [user("Hello"), { type: "of-tomorrow", sessionId: "s1", value: 1 }];
    const [, unknown] = read(...values).records;
    expect(unknown).toMatchObject({
      type: "of-tomorrow",
      at: Date.parse(around.timestamp),
      parts: [],
    });
    expect(unknown?.id).toMatch(/^claude-code:s1#\d+-[0-9a-f]{16}$/);
    expect(read(...values).records[1]?.id).toBe(unknown?.id);
  });

  test("that a resumed session copied is the same record, in whatever file it stands", () => {
    const copied = user("Hello");
    const elsewhere = readLines(claudeCode, "/h/.claude/projects/-shop/s2.jsonl", [copied]);
    expect(elsewhere.records[0]?.id).toBe(read(copied).records[0]?.id);
  });

  test("of a subagent belongs to its session, in a lane of its own", () => {
    const path = "/h/.claude/projects/-shop/s1/subagents/agent-a7.jsonl";
    const values = [user("Look for it", { isSidechain: true }), { type: "mode" }];
    const { records } = readLines(claudeCode, path, values);
    expect(records.map(({ sessionId, laneId }) => [sessionId, laneId])).toEqual([
      ["claude-code:s1", "a7"],
      ["claude-code:s1", "a7"],
    ]);
    expect(records[0]?.parts).toMatchObject([{ kind: "notice" }]);
  });

  test.each([
    ["", "blank"],
    ["{", "not JSON"],
    ['{"type":"user"\u0000', "binary"],
    ["42", "not an object"],
    ['{"silly":"this"}', "unexpected shape"],
    ['{"type":"user","message":"error"}', "unexpected shape"],
    ['{"type":"assistant","message":{"id":1}}', "unexpected shape"],
    [`{"type":"user","message":{"content":"${"x".repeat(8 * 2 ** 20)}"}}`, "too long"],
  ])("that cannot be read is skipped with a reason", (text, reason) => {
    const { records, skipped } = read(text, user("Go on"));
    expect(skipped).toEqual([{ skipped: reason }]);
    expect(records).toHaveLength(1);
  });
});

describe("what a person said", () => {
  test("is told from what others put into their mouth", () => {
    const parts = partsOf(
      user("Fix the till"),
      user([
        { type: "text", text: "and the cart" },
        { type: "image", source: {} },
      ]),
      user("<system-reminder>be brief</system-reminder>Really"),
      user("done", { origin: { kind: "task-notification" } }),
      user("<command-name>/clear</command-name>"),
      user("Caveat: these are local"),
      user("a skill", { isMeta: true }),
      user("a summary", { isCompactSummary: true }),
      user("[Request interrupted by user]"),
      line("attachment", { attachment: { type: "queued_command", prompt: "Wait" } }),
    );
    const prompts = parts.filter(({ kind }) => kind === "prompt");
    expect(prompts.map((part) => "text" in part && part.text)).toEqual(
      "Fix the till,and the cart,Really,Wait".split(","),
    );
    expect(
      parts.filter((part) => part.kind === "notice" && part.notice === "interrupted"),
    ).toHaveLength(1);
    expect(parts).toHaveLength(10);
  });
});

describe("what the model said", () => {
  test("is a reply, a thought, a call, and the end of the turn", () => {
    const parts = partsOf(
      assistant({ type: "thinking", thinking: "hm" }),
      assistant({ type: "text", text: "Done." }, {}, { stop_reason: "end_turn" }),
      call("c1", "Bash", { command: "ls" }),
    );
    expect(parts).toEqual([
      { kind: "reply", text: "hm", thinking: true },
      { kind: "reply", text: "Done.", final: true },
      { kind: "call", callId: "c1", tool: "Bash", input: { command: "ls" } },
    ]);
  });

  test("counts its tokens under the id of the response, so that the last word can replace the first", () => {
    const usage = (output_tokens: number) => ({
      usage: {
        input_tokens: 3,
        output_tokens,
        cache_creation_input_tokens: 9,
        cache_creation: { ephemeral_1h_input_tokens: 4 },
      },
    });
    const parts = partsOf(
      assistant({ type: "text", text: "a" }, {}, usage(1)),
      assistant({ type: "text", text: "b" }, {}, usage(7)),
      assistant({ type: "text", text: "No" }, {}, { ...usage(1), model: "<synthetic>" }),
    ).filter(({ kind }) => kind === "usage");
    const common = {
      kind: "usage",
      responseId: "m1",
      model: "opus",
      inputTokens: 3,
      cacheReadTokens: 0,
      cacheWriteTokens: 9,
      cacheWriteHourTokens: 4,
    };
    expect(parts).toEqual([
      { ...common, outputTokens: 1 },
      { ...common, outputTokens: 7 },
    ]);
  });

  test("is an error of the model's service where it says so", () => {
    const parts = partsOf(
      assistant({ type: "text", text: "API Error: 529" }, { isApiErrorMessage: true }),
      line("system", { subtype: "api_error", error: { status: 529 } }),
    );
    expect(parts).toMatchObject([
      { kind: "notice", notice: "api_error", text: "API Error: 529" },
      { kind: "notice", notice: "api_error", text: '{"status":529}' },
    ]);
  });
});

describe("what a tool answered", () => {
  test("failed by its mark, with the exit code of its words", () => {
    const failed = { is_error: true, content: "Exit code 2\nno such file" };
    expect(partsOf(answer("c1", "Error: Exit code 2", failed))).toEqual([
      { kind: "result", callId: "c1", ok: false, text: "Exit code 2\nno such file", exitCode: 2 },
    ]);
    expect(partsOf(answer("c2", { interrupted: true, durationMs: 5 }))).toEqual([
      { kind: "result", callId: "c2", ok: false, text: "ok", durationMs: 5 },
    ]);
  });
});

describe("the program", () => {
  test("tells of compactions, ends of turns, pull requests and titles", () => {
    const { records } = read(
      line("system", { subtype: "compact_boundary", content: "Conversation compacted" }),
      line("system", { subtype: "turn_duration", durationMs: 5 }),
      line("system", { subtype: "stop_hook_summary", hookErrors: ["lint fails"] }),
      { type: "pr-link", sessionId: "s1", prUrl: "https://example.com/shop/pull/7" },
      { type: "custom-title", sessionId: "s1", customTitle: "The till" },
    );
    const notices = records.flatMap(({ parts }) =>
      parts.map((part) => part.kind === "notice" && part.notice),
    );
    expect(notices).toEqual(["compaction", "end", "other", "pull_request"]);
    expect(records[0]?.type).toBe("system/compact_boundary");
    expect(records.at(-1)?.session).toEqual({ title: "The till" });
  });
});

describe("task tools", () => {
  const tasksIn = (parts: readonly Part[]) => parts.filter(({ kind }) => kind === "task");
  const list = { kind: "task", source: "task-tool", listId: "claude-code:s1" };

  test("are believed when they answer: with the id, and not where they fail", () => {
    const parts = partsOf(
      call("c1", "TaskCreate", { subject: "Write the till", description: "All of it" }),
      answer("c1", { task: { id: "1", subject: "Write the till" } }),
      call("c2", "TaskCreate", { subject: "Never" }),
      answer("c2", "Error", { is_error: true }),
      call("c3", "TaskUpdate", { taskId: "1", status: "in_progress", addBlockedBy: ["2"] }),
      answer("c3", { success: true, taskId: "1" }),
      call("c4", "TaskUpdate", { taskId: "9", status: "completed" }),
      answer("c4", { success: false, taskId: "9" }),
    );
    expect(tasksIn(parts)).toEqual([
      {
        ...list,
        taskId: "1",
        items: [{ subject: "Write the till", description: "All of it", status: "pending" }],
      },
      { ...list, taskId: "1", items: [{ status: "in_progress", blockedBy: ["2"] }] },
    ]);
  });

  test("answer a reader that was opened anew between the call and the answer", () => {
    const before = read(call("c1", "TaskCreate", { subject: "Write the till" }));
    const text = { content: ["Task #", "4 created successfully: Write the till"].join("") };
    const after = readLines(claudeCode, PATH, [answer("c1", undefined, text)], before);
    expect(tasksIn(after.records.flatMap(({ parts }) => parts))).toMatchObject([{ taskId: "4" }]);
    expect(after.memory).toBe("");
  });

  test("list tasks that others made", () => {
    const tasks = [{ id: 3, subject: "Test it", status: "completed", blockedBy: [] }];
    const parts = partsOf(call("c1", "TaskList", {}), answer("c1", { tasks }));
    expect(tasksIn(parts)).toEqual([
      { ...list, taskId: "3", items: [{ subject: "Test it", status: "completed" }] },
    ]);
  });

  test("write todo lists as a whole, also with entries of another shape", () => {
    const todos = [
      "Plan",
      { content: "Build", status: "in_progress", priority: "high" },
      { nothing: 1 },
    ];
    expect(tasksIn(partsOf(call("c1", "TodoWrite", { todos })))).toEqual([
      {
        ...list,
        source: "todo-list",
        items: [
          { subject: "Plan", status: "pending" },
          { subject: "Build", status: "in_progress", priority: "high" },
        ],
      },
    ]);
  });
});
