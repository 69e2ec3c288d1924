import { expect, test } from "vitest";
import { readLines } from "../_lines.ts";
import { codex } from "./codex.ts";

const ID = "01997dac-9581-7de3-b6a0-1df8256f2752";
const PATH = `/h/.codex/sessions/2026/03/01/rollout-2026-03-01T10-00-00-${ID}.jsonl`;
const line = (type: string, payload: object) => ({
  timestamp: "2026-03-01T10:00:00.000Z",
  type,
  payload,
});
const item = (type: string, more: object) => line("response_item", { type, ...more });
const event = (type: string, more: object) => line("event_msg", { type, ...more });
const message = (role: string, text: string) =>
  item("message", { role, content: [{ type: "text", text }] });
const read = (...values: object[]) => readLines(codex, PATH, values);
const partsOf = (...values: object[]) => read(...values).records.flatMap(({ parts }) => parts);

test("its head tells the session; a fork's second head does not change whose lines follow", () => {
  const meta = { id: ID, cwd: "/shop", cli_version: "0.99.0", git: { branch: "main" } };
  const { records } = read(
    line("session_meta", { ...meta, parent_thread_id: "p1" }),
    line("session_meta", { id: "p1", cwd: "/shop" }),
    line("world_state", { tomorrow: true }),
  );
  expect(records[0]?.session).toEqual({
    agent: "codex",
    cwd: "/shop",
    branch: "main",
    agentVersion: "0.99.0",
    parent: "codex:p1",
  });
  expect(new Set(records.map(({ sessionId }) => sessionId))).toEqual(new Set([`codex:${ID}`]));
  expect(records[2]).toMatchObject({ type: "world_state", parts: [] });
});

test.each(["item first", "event first"])("what was logged twice is said once, %s", (order) => {
  const pairs = [
    [message("user", "Fix the till"), event("user_message", { message: "Fix the till" })],
    [message("assistant", "Done."), event("agent_message", { message: "Done." })],
    [message("user", "Fix the till"), event("user_message", { message: "Fix the till" })],
  ];
  const lines = pairs.flatMap((pair) => (order === "item first" ? pair : pair.toReversed()));
  expect(read(...lines).records).toHaveLength(6);
  expect(partsOf(...lines)).toEqual([
    { kind: "prompt", text: "Fix the till" },
    { kind: "reply", text: "Done." },
    { kind: "prompt", text: "Fix the till" },
  ]);
});

test("a twin is known to a reader that was opened anew between the two", () => {
  const before = read(message("assistant", "Done."));
  const after = readLines(codex, PATH, [event("agent_message", { message: "Done." })], before);
  expect(after.records.map(({ parts }) => parts)).toEqual([[]]);
});

test("what was put into the user's mouth is no prompt", () => {
  expect(partsOf(message("user", "<environment_context>"))).toMatchObject([{ kind: "notice" }]);
});

test("a command is called once and answered once, with its exit code", () => {
  const parts = partsOf(
    item("function_call", { name: "exec_command", call_id: "c1", arguments: '{"cmd":"ls"}' }),
    event("exec_command_end", {
      call_id: "c1",
      exit_code: 2,
      aggregated_output: "no",
      duration: { secs: 1, nanos: 5e8 },
    }),
    item("function_call_output", { call_id: "c1", output: "Exit code: 2\nOutput:\nno" }),
    item("function_call_output", {
      call_id: "c2",
      output: '{"output":"yes","metadata":{"exit_code":0,"duration_seconds":0.2}}',
    }),
    item("function_call_output", {
      call_id: "c3",
      output: "Exit code: 1\nWall time: 0.1 seconds\nOutput:\nno",
    }),
  );
  expect(parts).toEqual([
    { kind: "call", callId: "c1", tool: "exec_command", input: { cmd: "ls" } },
    { kind: "result", callId: "c1", ok: false, text: "no", exitCode: 2, durationMs: 1_500 },
    { kind: "result", callId: "c2", ok: true, text: "yes", exitCode: 0, durationMs: 200 },
    expect.objectContaining({ callId: "c3", ok: false, exitCode: 1 }),
  ]);
});

test("a plan is a list of tasks", () => {
  const plan = [
    { step: "Look", status: "completed" },
    { step: "Do", status: "tomorrow" },
  ];
  const parts = partsOf(
    item("function_call", {
      name: "update_plan",
      call_id: "c1",
      arguments: JSON.stringify({ plan }),
    }),
  );
  expect(parts[1]).toEqual({
    kind: "task",
    source: "plan",
    listId: `codex:${ID}`,
    items: [
      { subject: "Look", status: "completed" },
      { subject: "Do", status: "pending" },
    ],
  });
});

test("tokens are counted once per response, what came from the cache apart", () => {
  const info = {
    total_token_usage: { total_tokens: 120 },
    last_token_usage: { input_tokens: 100, cached_input_tokens: 80, output_tokens: 20 },
  };
  const parts = partsOf(
    line("turn_context", { model: "gpt-9", cwd: "/shop" }),
    event("token_count", { info: null }),
    event("token_count", { info }),
    event("token_count", { info }),
  );
  const usage = {
    kind: "usage",
    responseId: `codex:${ID}/120`,
    model: "gpt-9",
    inputTokens: 20,
    outputTokens: 20,
    cacheReadTokens: 80,
    cacheWriteTokens: 0,
  };
  expect(parts).toEqual([usage, usage]);
});

test("interruptions, errors, compactions and ends are noticed", () => {
  const parts = partsOf(
    event("turn_aborted", { reason: "interrupted" }),
    event("error", { message: "usage limit" }),
    line("compacted", { message: "so far" }),
    event("task_complete", { last_agent_message: "Done." }),
  );
  expect(parts.map((part) => part.kind === "notice" && part.notice)).toEqual(
    "interrupted,api_error,compaction,end".split(","),
  );
});
