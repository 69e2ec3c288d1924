import type { ModelRequestSeen, RecordedTurn } from "./turn.ts";

type Json = Record<string, unknown>;

/** How each provider words an answer, and what it refuses to take. */
export interface Words {
  answer(turn: RecordedTurn, ids: () => string): Json;
  fault(status: number, message: string): Json;
  /** Why the provider would not take this, in its own words. */
  refuse(body: Json, headers: Json): string | undefined;
  read(body: Json): Pick<ModelRequestSeen, "results" | "prompt">;
}

const list = (value: unknown): Json[] => (Array.isArray(value) ? value : []);
const usageOf = ({ usage }: RecordedTurn) =>
  usage === undefined ? { input: 10, output: 5 } : usage;

export const anthropicWords: Words = {
  answer(turn, ids) {
    const calls = turn.calls ?? [];
    const end = turn.end ?? (calls.length > 0 ? "calls" : "done");
    const reasons = {
      done: "end_turn",
      calls: "tool_use",
      length: "max_tokens",
      refused: "refusal",
    };
    const usage = usageOf(turn);
    return {
      id: `msg_${ids()}`,
      type: "message",
      role: "assistant",
      model: "recorded",
      content: [
        ...(turn.text === undefined ? [] : [{ type: "text", text: turn.text }]),
        ...calls.map(({ name, arguments: input }) => ({
          type: "tool_use",
          id: `toolu_${ids()}`,
          name,
          input,
        })),
      ],
      stop_reason: reasons[end],
      stop_sequence: null,
      ...(usage === null
        ? {}
        : { usage: { input_tokens: usage.input, output_tokens: usage.output } }),
    };
  },
  fault: (status, message) => ({
    type: "error",
    error: { type: status === 429 ? "rate_limit_error" : "api_error", message },
  }),
  refuse(body, headers) {
    if (headers["anthropic-version"] === undefined) return "anthropic-version: header is required";
    if (!Number.isInteger(body.max_tokens) || Number(body.max_tokens) < 1) {
      return "max_tokens: Field required";
    }
    const messages = list(body.messages);
    if (messages[0]?.role !== "user") return "messages: first message must use the user role";
    for (const [at, message] of messages.entries()) {
      const used = list(message.content).filter(({ type }) => type === "tool_use");
      const given = list(messages[at + 1]?.content).filter(({ type }) => type === "tool_result");
      if (message.role !== "assistant" || at === messages.length - 1) continue;
      const wrong = unequal(
        used.map(({ id }) => id),
        given.map((block) => block.tool_use_id),
      );
      if (wrong) return "messages: `tool_use` ids were found without `tool_result` blocks";
    }
    return undefined;
  },
  read(body) {
    const messages = list(body.messages);
    const blocks = messages.flatMap(({ content }) => list(content));
    return {
      prompt: String(messages[0]?.content ?? ""),
      results: blocks
        .filter(({ type }) => type === "tool_result")
        .map(({ content }) => String(content)),
    };
  },
};

export const openAiWords: Words = {
  answer(turn, ids) {
    const calls = turn.calls ?? [];
    const end = turn.end ?? (calls.length > 0 ? "calls" : "done");
    const reasons = { done: "stop", calls: "tool_calls", length: "length", refused: "stop" };
    const usage = usageOf(turn);
    const text = turn.text ?? null;
    return {
      id: `chatcmpl-${ids()}`,
      object: "chat.completion",
      created: 1_760_000_000,
      model: "recorded",
      choices: [
        {
          index: 0,
          message: {
            role: "assistant",
            content: end === "refused" ? null : text,
            refusal: end === "refused" ? text : null,
            ...(calls.length === 0 ? {} : { tool_calls: calls.map(toOpenAiCall(ids)) }),
          },
          logprobs: null,
          finish_reason: reasons[end],
        },
      ],
      ...(usage === null
        ? {}
        : {
            usage: {
              prompt_tokens: usage.input,
              completion_tokens: usage.output,
              total_tokens: usage.input + usage.output,
            },
          }),
    };
  },
  fault: (status, message) => ({
    error: { message, type: status === 429 ? "rate_limit_exceeded" : "server_error", code: null },
  }),
  refuse(body) {
    const messages = list(body.messages);
    if (messages.length === 0) return "[] is too short - 'messages'";
    for (const [at, message] of messages.entries()) {
      const ids = list(message.tool_calls).map(({ id }) => id);
      const given = messages.slice(at + 1, at + 1 + ids.length).map((each) => each.tool_call_id);
      if (unequal(ids, given)) {
        return "An assistant message with 'tool_calls' must be followed by tool messages responding to each 'tool_call_id'.";
      }
    }
    return undefined;
  },
  read(body) {
    const messages = list(body.messages);
    return {
      prompt: String(messages.find(({ role }) => role === "user")?.content ?? ""),
      results: messages.filter(({ role }) => role === "tool").map(({ content }) => String(content)),
    };
  },
};

function toOpenAiCall(ids: () => string) {
  return ({ name, arguments: args }: { name: string; arguments: object | string }) => ({
    id: `call_${ids()}`,
    type: "function",
    function: { name, arguments: typeof args === "string" ? args : JSON.stringify(args) },
  });
}

function unequal(wanted: readonly unknown[], given: readonly unknown[]): boolean {
  return wanted.length !== given.length || wanted.some((id) => !given.includes(id));
}
