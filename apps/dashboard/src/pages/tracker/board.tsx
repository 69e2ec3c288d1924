import { useTool, useToolDo } from "../../api/tools.ts";
import { ago, count } from "../../lib/format.ts";
import { useSearchState } from "../../lib/navigate.ts";
import { useNow } from "../../lib/use-now.ts";
import { SearchField, SelectField } from "../../ui/field.tsx";
import { Empty, Loaded, SkeletonLines } from "../../ui/states.tsx";
import { useToasts } from "../../ui/toasts.tsx";
import { EvidenceList } from "./evidence.tsx";
import { lanesOf } from "./lanes.ts";
import type { Task, TaskPage } from "./shapes.ts";

const MOST = 50;
const STATES = [
  ["open", "Open"],
  ["in_progress", "In progress"],
  ["blocked", "Blocked"],
  ["done", "Done"],
  ["abandoned", "Abandoned"],
] as const;

/** The unfinished tasks by their state; a person's word wins over what sessions say. */
export function Board({ server }: { readonly server: string }) {
  const [{ find = "" }, setSearch] = useSearchState();
  const tasks = useTool<TaskPage>(
    server,
    "get_unfinished_tasks",
    { limit: MOST, text: find.trim() },
    { every: 15_000, keeps: true },
  );
  return (
    <>
      <search className="tracker-ask">
        <SearchField
          label="Search tasks"
          value={find}
          onChange={(words) => setSearch({ find: words })}
        />
      </search>
      <Loaded query={tasks} skeleton={<SkeletonLines lines={6} height="5rem" />}>
        {({ tasks: all, total, next }) =>
          all.length === 0 ? (
            <Empty icon="tracker" title={find ? "No task fits" : "Nothing is left undone"}>
              {find
                ? "Try fewer words."
                : "Tasks come from what assistants write on this machine, and from chats that ingest_chat is given."}
            </Empty>
          ) : (
            <>
              {next !== undefined && (
                <p className="tracker-note">
                  The {count(all.length)} most urgent of {count(total)}; search for the others.
                </p>
              )}
              <div className="tracker-lanes">
                {lanesOf(all).map(({ id, title, tasks: own }) => (
                  <section key={id} className="tracker-lane" aria-label={title}>
                    <h2>
                      {title} <span className="tabular">{count(own.length)}</span>
                    </h2>
                    {own.map((task) => (
                      <TaskCard key={task.id} server={server} task={task} />
                    ))}
                  </section>
                ))}
              </div>
            </>
          )
        }
      </Loaded>
    </>
  );
}

function TaskCard({ server, task }: { readonly server: string; readonly task: Task }) {
  const now = useNow(10_000);
  const update = useToolDo(server, "update_task");
  const toasts = useToasts();
  const { id, subject, status, priority, why, project, owner, updated, evidence, blockedBy } = task;
  async function move(to: string): Promise<void> {
    try {
      await update.mutateAsync({ id, status: to });
      toasts.done("Your word stands", `${subject}: ${to.replace("_", " ")}`);
    } catch (error) {
      toasts.failed("The task stays as it is", error);
    }
  }
  return (
    <article className="tracker-task" aria-busy={update.isPending}>
      <h3>{subject}</h3>
      <p className="tracker-facts">
        <span title={whyOf(why)}>urgency {Math.round(priority)}</span>
        {project && <span>{project}</span>}
        {owner && <span>{owner}</span>}
        <span>{ago(updated, now)}</span>
      </p>
      {blockedBy.length > 0 && (
        <p className="tracker-facts">waits for {count(blockedBy.length)} others</p>
      )}
      <SelectField
        label={`State of ${subject}`}
        hidesLabel
        value={status}
        choices={STATES.map(([value, label]) => ({ value, label }))}
        disabled={update.refused !== undefined}
        title={update.refused}
        onChange={(to) => void move(to)}
      />
      <EvidenceList evidence={evidence} />
    </article>
  );
}

function whyOf(why: Task["why"]): string {
  return Object.entries(why)
    .map(([term, value]) => `${term} ${value > 0 ? "+" : ""}${value}`)
    .join(", ");
}
