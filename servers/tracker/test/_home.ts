import { appendFileSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import type { JsonObject } from "@trestle/protocol";

const MINUTE_MS = 60_000;

/** Writes a session of Claude Code line by line, as the assistant does; its lines are a minute apart. */
export interface WrittenSession {
  readonly path: string;
  ask(text: string): void;
  reply(text: string): void;
  /** The list of tasks as it is now. */
  plan(todos: readonly { readonly content: string; readonly status: string }[]): void;
  run(command: string, output: string, isError?: boolean): void;
  edit(path: string): void;
}

export function writeSession(
  home: string,
  id: string,
  { cwd = "/srv/shop", at }: { readonly cwd?: string; readonly at: number },
): WrittenSession {
  const folder = join(home, ".claude", "projects", cwd.replaceAll("/", "-"));
  mkdirSync(folder, { recursive: true });
  const path = join(folder, `${id}.jsonl`);
  let lines = 0;

  function line(type: "user" | "assistant", content: string | readonly JsonObject[]): void {
    lines += 1;
    const timestamp = new Date(at + lines * MINUTE_MS).toISOString();
    const usage = { input_tokens: 1_000, output_tokens: 100 };
    const answered = { id: `${id}-m${lines}`, model: "claude-sonnet-4-5", usage };
    const message = { role: type, content, ...(type === "assistant" && answered) };
    const told = { type, uuid: `${id}-${lines}`, sessionId: id, timestamp, cwd, message };
    appendFileSync(path, `${JSON.stringify(told)}\n`);
  }

  function call(name: string, input: JsonObject, output: string, isError = false): void {
    const callId = `${id}-c${lines}`;
    line("assistant", [{ type: "tool_use", id: callId, name, input }]);
    const result = { type: "tool_result", tool_use_id: callId, content: output };
    line("user", [{ ...result, ...(isError && { is_error: true }) }]);
  }

  return {
    path,
    ask: (text) => line("user", text),
    reply: (text) => line("assistant", [{ type: "text", text }]),
    plan(todos) {
      const given = todos.map((todo) => ({ ...todo, activeForm: todo.content }));
      call("TodoWrite", { todos: given }, "ok");
    },
    run: (command, output, isError) => call("Bash", { command }, output, isError),
    edit: (file) => call("Write", { file_path: file, content: "x" }, "ok"),
  };
}
