import { isJsonObject, type JsonObject, type JsonValue } from "@trestle/protocol";
import type { TaskItem, TaskPart } from "../../model/record.ts";
import { defined, idIn, idsIn, listIn, objectIn, objectsIn, textIn } from "../fields.ts";
import { createRecent, parseMemory } from "../recent.ts";

/** Calls whose answer says whether, and under which id, it happened. */
const ANSWERED = new Set(["TaskCreate", "TaskUpdate", "TaskList"]);
/** Answers follow their calls at once. */
const MOST_CALLS = 50;

interface Answer {
  readonly text: string;
  /** Structured, where this release writes it. */
  readonly outcome: JsonObject | undefined;
}

/** The task tools of Claude Code as statements about tasks. */
export interface TaskTools {
  called(callId: string, tool: string, input: JsonObject, listId: string): TaskPart | undefined;
  /** Of calls that succeeded. */
  answered(callId: string, answer: Answer, listId: string): readonly TaskPart[];
  failed(callId: string): void;
  memory(): string;
}

interface Call {
  readonly tool: string;
  readonly input: JsonObject;
}

export function createTaskTools(memory: string): TaskTools {
  const remembered = parseMemory<{ calls: [string, Call][] }>(memory, { calls: [] });
  const calls = createRecent<Call>(MOST_CALLS, remembered.calls);
  return {
    called: (callId, tool, input, listId) => {
      if (ANSWERED.has(tool)) calls.set(callId, { tool, input });
      if (tool !== "TodoWrite") return undefined;
      return {
        kind: "task",
        source: "todo-list",
        listId,
        items: todoItems(listIn(input, "todos")),
      };
    },
    answered: (callId, answer, listId) => {
      const call = calls.get(callId);
      if (call === undefined) return [];
      calls.delete(callId);
      const part = (taskId: string, item: TaskItem): TaskPart[] => [
        { kind: "task", source: "task-tool", listId, taskId, items: [item] },
      ];
      if (call.tool === "TaskCreate") return created(call, answer, part);
      if (call.tool === "TaskUpdate") return updated(call, answer, part);
      return objectsIn(answer.outcome, "tasks").flatMap((task) => {
        const id = idIn(task, "id");
        return id === undefined ? [] : part(id, taskItem(task));
      });
    },
    failed: (callId) => calls.delete(callId),
    memory: () => (calls.entries().length === 0 ? "" : JSON.stringify({ calls: calls.entries() })),
  };
}

type MakePart = (taskId: string, item: TaskItem) => TaskPart[];

function created({ input }: Call, { text, outcome }: Answer, part: MakePart): TaskPart[] {
  const id = idIn(objectIn(outcome, "task"), "id") ?? /Task #(\S+) created/.exec(text)?.[1];
  return id === undefined ? [] : part(id, { ...taskItem(input), status: "pending" });
}

function updated({ input }: Call, { outcome }: Answer, part: MakePart): TaskPart[] {
  const id = idIn(input, "taskId");
  if (id === undefined || outcome?.success === false) return [];
  return part(id, taskItem(input));
}

function taskItem(task: JsonObject): TaskItem {
  return defined<TaskItem>({
    subject: textIn(task, "subject"),
    description: textIn(task, "description"),
    status: statusOf(textIn(task, "status")),
    owner: textIn(task, "owner"),
    blocks: idsIn(task, "addBlocks") ?? idsIn(task, "blocks"),
    blockedBy: idsIn(task, "addBlockedBy") ?? idsIn(task, "blockedBy"),
  });
}

/** Items of a list that was written as a whole. */
function todoItems(todos: readonly JsonValue[]): readonly TaskItem[] {
  return todos.flatMap((todo): TaskItem[] => {
    if (typeof todo === "string") return [{ subject: todo, status: "pending" }];
    const subject = isJsonObject(todo) ? textIn(todo, "content") : undefined;
    if (subject === undefined || !isJsonObject(todo)) return [];
    return [
      defined<TaskItem>({
        subject,
        status: statusOf(textIn(todo, "status")) ?? "pending",
        priority: priorityOf(textIn(todo, "priority")),
      }),
    ];
  });
}

function statusOf(word: string | undefined): TaskItem["status"] {
  const known = ["pending", "in_progress", "completed", "deleted"] as const;
  return known.find((status) => status === word);
}

function priorityOf(word: string | undefined): TaskItem["priority"] {
  const known = ["high", "medium", "low"] as const;
  return known.find((priority) => priority === word);
}
