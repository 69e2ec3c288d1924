import type { TaskSource, TaskStatus } from "../model/facts.ts";

/**
 * Labelled by hand, after reading the sessions: of each task its source, the uuid of the line that shows it first, and
 * how it stands at the end. Sessions without a task are listed too: finding none there is right.
 */
export const FIXTURE_LABELS: readonly {
  readonly file: string;
  readonly tasks: readonly (readonly [source: TaskSource, uuid: string, status: TaskStatus])[];
}[] = [
  { file: "4d5611e5-241a-462a-8d15-5122611a9569.jsonl", tasks: [] },
  {
    file: "ae4a77f8-aedd-4bc1-888f-c94edc91af04.jsonl",
    tasks: [
      ["unfinished-words", "1d698e31-9e57-4b0c-b787-727e7bcea2f9", "done"],
      ["unfinished-words", "1d698e31-9e57-4b0c-b787-727e7bcea2f9", "done"],
      ["unfinished-words", "1d698e31-9e57-4b0c-b787-727e7bcea2f9", "done"],
    ],
  },
  {
    file: "tool_heavy.jsonl",
    tasks: [["unanswered-request", "f643538d-cf06-4b9a-9bb0-9ae5c26ea07a", "open"]],
  },
  {
    file: "short.jsonl",
    tasks: [["unanswered-request", "7d48cbd2-6615-4dd8-87f6-38f12b8167d6", "open"]],
  },
  { file: "subagent.jsonl", tasks: [] },
  { file: "ccl_session_b.jsonl", tasks: [] },
  { file: "ccl_representative_messages.jsonl", tasks: [["unanswered-request", "msg_011", "open"]] },
  {
    file: "ccl_todowrite_examples.jsonl",
    tasks: [
      ["todo-list", "assistant_002", "done"],
      ["todo-list", "assistant_002", "done"],
      ["todo-list", "assistant_002", "in_progress"],
      ["todo-list", "assistant_002", "open"],
      ["todo-list", "assistant_002", "open"],
      ["todo-list", "assistant_006", "open"],
    ],
  },
  {
    file: "ccl_edge_cases.jsonl",
    tasks: [
      ["todo-list", "assistant_004", "open"],
      ["todo-list", "assistant_004", "in_progress"],
      ["todo-list", "assistant_004", "open"],
      ["todo-list", "assistant_004", "open"],
      ["todo-list", "assistant_004", "open"],
    ],
  },
];
