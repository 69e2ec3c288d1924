import type { TaskStatus } from "../model/facts.ts";
import type { TaskItem, TaskPart } from "../model/record.ts";
import { createRecent } from "../transcripts/recent.ts";
import { cleanSubject, isSameSubject, subjectKey, subjectTokens } from "./subject.ts";
import { type OpenTaskRule, remembered, type TaskBook } from "./task-rule.ts";

/** A task of a list, as it was last said. */
interface Listed {
  readonly taskId: string;
  /** What the agent calls it, where its lists have ids. */
  readonly agentId?: string;
  readonly subject: string;
  readonly status: TaskStatus;
  /** Tasks that have to be done before. */
  readonly blockedBy: readonly string[];
}

const MOST_LISTS = 20;
const MOST_LISTED = 200;
const STATUSES = {
  pending: "open",
  in_progress: "in_progress",
  completed: "done",
  deleted: "abandoned",
} as const;
const PRIORITIES = { high: 75, medium: 50, low: 25 } as const;

/** What task tools, todo lists and plans say. */
export const listedTasks: OpenTaskRule = (memory) => {
  const lists = createRecent<readonly Listed[]>(MOST_LISTS, remembered(memory, "lists"));
  return {
    take: ({ record, tasks }) => {
      for (const part of record.parts) {
        if (part.kind !== "task") continue;
        const before = lists.get(part.listId) ?? [];
        const after =
          part.taskId === undefined
            ? readList(part, before, tasks)
            : readTask(part, part.taskId, before, tasks);
        lists.set(part.listId, after.slice(-MOST_LISTED));
      }
    },
    memory: () => (lists.entries().length === 0 ? undefined : { lists: lists.entries() }),
  };
};

/** What is said of one task, by its id. */
function readTask(
  part: TaskPart,
  agentId: string,
  before: readonly Listed[],
  tasks: TaskBook,
): readonly Listed[] {
  let after = before;
  for (const item of part.items) {
    const known = after.find((listed) => listed.agentId === agentId);
    const subject = cleanSubject(item.subject ?? known?.subject ?? "");
    // A list that was begun where nobody looked: the task has no other name than this.
    const taskId =
      known?.taskId ?? tasks.identify(subject === "" ? `${part.listId} ${agentId}` : subject);
    const idOf = (id: string) => after.find((listed) => listed.agentId === id)?.taskId;
    const more = (item.blockedBy ?? []).flatMap((id) => idOf(id) ?? []);
    const status = item.status === undefined ? (known?.status ?? "open") : STATUSES[item.status];
    const listed: Listed = {
      taskId,
      agentId,
      subject,
      status,
      blockedBy: [...new Set([...(known?.blockedBy ?? []), ...more])],
    };
    after =
      known === undefined
        ? [...after, listed]
        : after.map((each) => (each === known ? listed : each));
    after = settle(after, before, { taskId, item, part }, tasks);
    for (const id of item.blocks ?? []) after = block(after, id, taskId, part, tasks);
  }
  return after;
}

interface Change {
  readonly taskId: string;
  readonly item: TaskItem;
  readonly part: TaskPart;
}

/** Says what changed, of the task itself and of those that wait for it. */
function settle(
  list: readonly Listed[],
  before: readonly Listed[],
  change: Change,
  tasks: TaskBook,
): readonly Listed[] {
  return list.map((listed) => {
    const isItself = listed.taskId === change.taskId;
    if (!isItself && !listed.blockedBy.includes(change.taskId)) return listed;
    const status = statusIn(list, listed);
    const said = before.find(({ taskId }) => taskId === listed.taskId)?.status;
    if (isItself || status !== said)
      say(listed.taskId, { ...listed, status }, isItself ? change.item : {}, change.part, tasks);
    return { ...listed, status };
  });
}

/** What is to be done waits while something before it is not. */
function statusIn(list: readonly Listed[], { status, blockedBy }: Listed): TaskStatus {
  if (status !== "open" && status !== "blocked") return status;
  const waits = blockedBy.some((id) => {
    const other = list.find(({ taskId }) => taskId === id);
    return other !== undefined && other.status !== "done" && other.status !== "abandoned";
  });
  return waits ? "blocked" : "open";
}

function block(
  list: readonly Listed[],
  agentId: string,
  by: string,
  part: TaskPart,
  tasks: TaskBook,
): readonly Listed[] {
  return list.map((listed) => {
    if (listed.agentId !== agentId || listed.blockedBy.includes(by)) return listed;
    const waiting = { ...listed, blockedBy: [...listed.blockedBy, by] };
    const blocked = { ...waiting, status: statusIn(list, waiting) };
    say(listed.taskId, blocked, {}, part, tasks);
    return blocked;
  });
}

/** The whole list: what it no longer names is superseded, unless it was finished. */
function readList(part: TaskPart, before: readonly Listed[], tasks: TaskBook): readonly Listed[] {
  const left = new Set(before);
  const after = part.items.flatMap((item): Listed[] => {
    const subject = cleanSubject(item.subject ?? "");
    if (subject === "") return [];
    const known = matchIn(left, subject);
    if (known !== undefined) left.delete(known);
    const status = STATUSES[item.status ?? "pending"];
    const listed = {
      taskId: known?.taskId ?? tasks.identify(subject),
      subject,
      status,
      blockedBy: [],
    };
    if (known?.status !== status || known.subject !== subject)
      say(listed.taskId, listed, item, part, tasks);
    return [listed];
  });
  for (const gone of left) {
    if (gone.status === "done" || gone.status === "superseded") continue;
    if (after.some(({ taskId }) => taskId === gone.taskId)) continue;
    say(gone.taskId, { ...gone, status: "superseded" }, {}, part, tasks);
  }
  return after;
}

function matchIn(listed: ReadonlySet<Listed>, subject: string): Listed | undefined {
  const key = subjectKey(subject);
  const tokens = subjectTokens(subject);
  const all = [...listed];
  return (
    all.find((each) => subjectKey(each.subject) === key) ??
    all.find((each) => isSameSubject(subjectTokens(each.subject), tokens))
  );
}

function say(
  taskId: string,
  listed: Omit<Listed, "taskId">,
  item: TaskItem,
  part: TaskPart,
  tasks: TaskBook,
): void {
  tasks.say(taskId, {
    source: part.source,
    ...(listed.subject !== "" && { subject: listed.subject }),
    ...(item.description !== undefined && { description: item.description }),
    status: listed.status,
    ...(item.owner !== undefined && { owner: item.owner }),
    ...(item.priority !== undefined && { priority: PRIORITIES[item.priority] }),
    ...(listed.blockedBy.length > 0 && { blockedBy: listed.blockedBy }),
    confidence: 1,
  });
}
